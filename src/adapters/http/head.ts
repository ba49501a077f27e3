/**
 * What can be refused by the head of a request alone, before its body is read: ambiguous headers, a body that is too large,
 * coded, or of a type or charset that is not spoken here.
 *
 * Law: headers that name an intent stand once. Node joins those that come twice, as gateways do, so a comma in one of them is two.
 */
import type { IncomingHttpHeaders } from "node:http"
import * as Problems from "./problems.ts"

/** 100 lines of an order are below 10 KiB. */
export const MAX_BODY = 64 * 1_024

/** Spellings that are taken without a closer look. */
const JSON_TYPES = new Set(["application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"])

export const isPlainJson = (type: string | undefined): boolean => type !== undefined && JSON_TYPES.has(type)

const isJson = (type: string): boolean => /^application\/json\s*(;|$)/i.test(type)

/** RFC 9110, 8.3.2: a charset may stand in quotes. */
const charsetOf = (type: string): string => /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(type)?.[1]?.toLowerCase() ?? "utf-8"

const INTENTS = ["host", "content-type", "authorization", "if-match", "idempotency-key"] as const

const isTwice = (value: string | ReadonlyArray<string> | undefined): boolean =>
  typeof value === "string" && value.includes(",")

/** Null: each stands once, or not at all. */
export const ambiguity = (headers: IncomingHttpHeaders): Problems.Problem | null => {
  for (const name of INTENTS) if (isTwice(headers[name])) return Problems.sentTwice(name)
  return null
}

/** What a caller may say that it waits (ms): longer than anything takes here. */
export const TIMEOUT_MAX_MS = 300_000

/** Of `Request-Timeout-Ms`; null: it is not there, or it may be. */
export const timeoutRefusal = ({ "request-timeout-ms": given }: IncomingHttpHeaders): Problems.Problem | null =>
  given === undefined || (/^[1-9]\d{0,5}$/.test(String(given)) && Number(given) <= TIMEOUT_MAX_MS)
    ? null
    : Problems.badTimeout(TIMEOUT_MAX_MS)

/** When the caller no longer waits, ms since 1970, as its head says that was not refused. */
export const answerBy = ({ "request-timeout-ms": given }: Record<string, unknown>): number | undefined =>
  given === undefined ? undefined : Date.now() + Number(given)

const typeRefusal = (type: string | undefined): Problems.Problem | null => {
  if (isPlainJson(type)) return null
  if (type === undefined || !isJson(type)) return Problems.unsupportedMediaType
  return charsetOf(type) === "utf-8" ? null : Problems.unsupportedCharset
}

/** Null: there is none, or it may be read. */
export const bodyRefusal = (headers: IncomingHttpHeaders): Problems.Problem | null => {
  const { "content-length": length, "transfer-encoding": coding } = headers
  if (coding === undefined && (length === undefined || length === "0")) return null
  if (Number(length) > MAX_BODY && (coding === undefined || coding.toLowerCase() === "chunked"))
    return Problems.bodyTooLarge
  return codingRefusal(headers) ?? typeRefusal(headers["content-type"])
}

/** Of a body whatever its type and length. */
export const codingRefusal = (headers: IncomingHttpHeaders): Problems.Problem | null => {
  const coding = headers["transfer-encoding"]
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return Problems.unsupportedTransferCoding
  const encoding = headers["content-encoding"]
  return encoding !== undefined && encoding.toLowerCase() !== "identity" ? Problems.unsupportedContentCoding : null
}

/** At most so many bytes of body will come. */
export const bodyBytes = ({ "content-length": length, "transfer-encoding": coding }: IncomingHttpHeaders): number =>
  coding === undefined ? Number(length ?? 0) : MAX_BODY
