/**
 * W3C Trace Context: the header `traceparent`, by which spans of several processes become one trace. The text itself is the context,
 * wherever it travels: in a header, a command, a column, a message.
 *
 *     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *        trace id                         span id          flags, 01: sampled
 */
import { randomBytes } from "node:crypto"

/** A later version may say more behind the flags; version ff never comes. */
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const SAMPLED = "01"
const UNSAMPLED = "00"

/** As this version writes it, with no flag but `sampled`; null: it is none. */
export const parse = (text: string): string | null => {
  const [, version, traceId, spanId, flags, rest] = FORM.exec(text) ?? []
  if (traceId === undefined || (version === "00" && rest !== undefined)) return null
  const isSampled = (Number.parseInt(flags!, 16) & 1) === 1
  return `00-${traceId}-${spanId}-${isSampled ? SAMPLED : UNSAMPLED}`
}

export const traceId = (context: string): string => context.slice(3, 35)
export const spanId = (context: string): string => context.slice(36, 52)
export const isSampled = (context: string): boolean => context.endsWith(SAMPLED)

/** The context of a new span of this trace, which is sampled. */
export const spanOf = (traceId: string): string => `00-${traceId}-${randomBytes(8).toString("hex")}-${SAMPLED}`

/** The context of a new span below this one. */
export const child = (parent: string): string => spanOf(traceId(parent))

/** Bits of a trace id, its last, that a sampler goes by: as many as a number holds exactly. */
const DRAW_BITS = 52
const DRAW_DIGITS = DRAW_BITS / 4

/** A new trace id that lies at `draw` (0 to below 1) among all: what decides about a trace is in its id, for every sampler. */
export const traceIdAt = (draw: number): string =>
  randomBytes(16).toString("hex").slice(DRAW_DIGITS) +
  Math.floor(draw * 2 ** DRAW_BITS)
    .toString(16)
    .padStart(DRAW_DIGITS, "0")

/** Where a trace id lies among all, 0 to below 1. */
export const drawOf = (traceId: string): number => Number.parseInt(traceId.slice(-DRAW_DIGITS), 16) / 2 ** DRAW_BITS
