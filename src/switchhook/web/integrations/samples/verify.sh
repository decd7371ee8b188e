#!/bin/sh
# Is this request from Switchhook, and unchanged? A shell with openssl: verify.sh SECRET ID TIMESTAMP SIGNATURES < body
# For a request without a body give the query string as it came, without its question mark.
secret=$1 id=$2 timestamp=$3 signatures=$4
now=$(date +%s)
case $timestamp in '' | *[!0-9]*) echo "no timestamp"; exit 1 ;; esac
if [ $((now - timestamp)) -gt 300 ] || [ $((timestamp - now)) -gt 300 ]; then echo "too old"; exit 1; fi
key=$(printf %s "${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
wanted=v1,$({ printf '%s.%s.' "$id" "$timestamp"; cat; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
for one in $signatures; do # two while rotating
    if [ "$one" = "$wanted" ]; then echo genuine; exit 0; fi
done
echo "forged or changed"
exit 1
