/**
 * How a carrier signs what it calls back with: `Carrier-Signature: t=<unix seconds>,v1=<hex>`, where the hex is the
 * HMAC-SHA256 of `<t>.` and the body, byte for byte, under the secret that both know. The time is signed too, so that what was
 * overheard cannot be sent again later.
 */

export interface Signature {
  /** Seconds since 1970. */
  readonly time: number
  /** 64 hexadecimal digits. */
  readonly hex: string
}

/** A signature may be this much older or newer than our clock, seconds: queues and clocks that differ. */
export const TOLERANCE_SECONDS = 300

/** What is signed before the body's own bytes. Those and not its text: what is no UTF-8 has more than one reading. */
export const prefix = (time: number): string => `${time}.`

export const write = ({ hex, time }: Signature): string => `t=${time},v1=${hex}`

/** Null: it is none. */
export const read = (header: string): Signature | null => {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? []
  return time === undefined || hex === undefined ? null : { time: Number(time), hex }
}
