/**
 * How a webhook is signed: `t=<unix seconds>,v1=<hex>` in a header, where the hex is the HMAC-SHA256 of `<t>.` and the body, byte
 * for byte, under the secret that both sides know (as Stripe does it). The time is signed too, so that what was overheard cannot be
 * sent again later. While a secret is changed there may be several `v1`, and of other schemes (`v0`) nothing is known.
 */
import { createHmac, timingSafeEqual } from "node:crypto"

export interface Signature {
  /** Seconds since 1970. */
  readonly time: number
  /** Each 64 hexadecimal digits; at least one. */
  readonly hexes: ReadonlyArray<string>
}

/** More than any sender has reason for: each costs a digest a secret. */
const PARTS_MAX = 8

/** A signature may be this much older or newer than our clock (s): queues and clocks that differ. */
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
  const parts = header.split(",", PARTS_MAX + 1)
  if (parts.length > PARTS_MAX) return null
  const times = parts.flatMap((part) => /^t=(\d{1,12})$/.exec(part)?.[1] ?? [])
  const hexes = parts.flatMap((part) => /^v1=([0-9a-f]{64})$/.exec(part)?.[1] ?? [])
  return times.length !== 1 || hexes.length === 0 ? null : { time: Number(times[0]), hexes }
}

/** True: it is that of this body, under one of these secrets. */
export const isTrue = ({ hexes, time }: Signature, secrets: ReadonlyArray<string>, body: Uint8Array): boolean =>
  secrets.some((secret) => {
    const expected = digest(secret, time, body)
    return hexes.some((hex) => timingSafeEqual(expected, Buffer.from(hex, "hex")))
  })

/** `now`: ms since 1970. */
export const isFresh = ({ time }: Signature, now: number): boolean => Math.abs(now / 1_000 - time) <= TOLERANCE_SECONDS
