/**
 * How a webhook is signed: `t=<unix seconds>,v1=<hex>` in a header, where the hex is the HMAC-SHA256 of `<t>.` and the body, byte
 * for byte, under the secret that both sides know (as Stripe does it). The time is signed too, so that what was overheard cannot be
 * sent again later.
 */
import { createHmac } from "node:crypto"

export interface Signature {
  /** Seconds since 1970. */
  readonly time: number
  /** 64 hexadecimal digits. */
  readonly hex: string
}

/** A signature may be this much older or newer than our clock, seconds: queues and clocks that differ. */
export const TOLERANCE_SECONDS = 300

/** Of the body's own bytes, and not of its text: what is no UTF-8 has more than one reading. */
export const digest = (secret: string, time: number, body: string | Uint8Array): Buffer =>
  createHmac("sha256", secret).update(`${time}.`).update(body).digest()

/** The header's value. `now`: ms since 1970. */
export const sign = (secret: string, body: string, now: number): string => {
  const time = Math.floor(now / 1_000)
  return `t=${time},v1=${digest(secret, time, body).toString("hex")}`
}

/** Null: it is none. */
export const read = (header: string): Signature | null => {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? []
  return time === undefined || hex === undefined ? null : { time: Number(time), hex }
}
