# Is this request from Switchhook, and unchanged? Ruby 3, nothing to install.
require "openssl"

OLDEST_SECONDS = 300

# signed: the raw body, request.body.read; for a request without one request.query_string.
def verified?(secret, webhook_id, timestamp, signatures, signed)
  return false unless timestamp.match?(/\A\d+\z/) && (Time.now.to_i - timestamp.to_i).abs <= OLDEST_SECONDS

  key = secret.delete_prefix("whsec_").unpack1("m")
  wanted = "v1," + [OpenSSL::HMAC.digest("SHA256", key, "#{webhook_id}.#{timestamp}.".b + signed.b)].pack("m0")
  signatures.split.any? { |one| OpenSSL.secure_compare(wanted, one) } # two while rotating
end

if $PROGRAM_NAME == __FILE__ # try it: ruby verify.rb SECRET ID TIMESTAMP SIGNATURES < body
  ok = verified?(*ARGV, $stdin.binmode.read)
  puts ok ? "genuine" : "forged, changed or too old"
  exit ok
end
