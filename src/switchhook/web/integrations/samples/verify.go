// Is this request from Switchhook, and unchanged? Go, nothing to install.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
)

const oldestSeconds = 300

// verified says whether one of the signatures is right. signed is the raw body; for a request without one
// r.URL.RawQuery.
func verified(secret, webhookID, timestamp, signatures string, signed []byte) bool {
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || math.Abs(float64(time.Now().Unix()-at)) > oldestSeconds {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(webhookID + "." + timestamp + "."))
	mac.Write(signed)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, one := range strings.Fields(signatures) { // two while rotating
		if hmac.Equal([]byte(wanted), []byte(one)) {
			return true
		}
	}
	return false
}

func main() { // try it: go run verify.go SECRET ID TIMESTAMP SIGNATURES < body
	body, _ := io.ReadAll(os.Stdin)
	if !verified(os.Args[1], os.Args[2], os.Args[3], os.Args[4], body) {
		fmt.Println("forged, changed or too old")
		os.Exit(1)
	}
	fmt.Println("genuine")
}
