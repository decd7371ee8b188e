// Is this request from Switchhook, and unchanged? Node 18 or newer, nothing to install.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const OLDEST_SECONDS = 300;

/** `signed`: a Buffer of the raw body; for a request without one the query string as it came, without its question mark.
 *  With Express take the body from `express.raw({ type: "*\/*" })`: a parsed and re-serialised one is another. */
export function verified(secret, webhookId, timestamp, signatures, signed) {
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > OLDEST_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${webhookId}.${timestamp}.`).update(signed).digest("base64");
  const wanted = Buffer.from(`v1,${expected}`);
  return signatures.split(" ").some((one) => {  // two while rotating
    const given = Buffer.from(one);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

if (process.argv.length === 6) {  // try it: node verify.mjs SECRET ID TIMESTAMP SIGNATURES < body
  const ok = verified(...process.argv.slice(2), readFileSync(0));
  console.log(ok ? "genuine" : "forged, changed or too old");
  process.exit(ok ? 0 : 1);
}
