// Both sides prove that they know the key of this page, and neither sends it: whoever else sits at
// the other end of the port learns nothing, and is sent nothing.

const ENCODER = new TextEncoder();

export function nonce() {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

/** HMAC-SHA-256 of words, as hexadecimal. */
export async function seal(key, ...words) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = ENCODER.encode(key);
  const imported = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const data = ENCODER.encode(words.join(" "));
  return hex(new Uint8Array(await crypto.subtle.sign("HMAC", imported, data)));
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
