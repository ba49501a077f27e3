/**
 * An outgoing HTTP call, by the rules that hold for every peer: what it answers is its own affair, what it may cost us is not.
 *
 * - No redirect is followed: a request goes where it was configured to go, with its body and its password, or nowhere.
 * - At most BODY_BYTES_MAX of an answer are read, after whatever it was compressed to.
 * - A user and password in the URL leave as `Authorization`; no error, log or timeline ever holds the URL.
 * - What goes wrong is one of a few codes, never the words of a library or of the peer.
 *
 * Interrupting a call hangs up; the caller sets the time limit.
 */
import { Effect } from "effect"

/** Far above any answer that has a meaning here. */
export const BODY_BYTES_MAX = 64 * 1024

export interface Endpoint {
  /** Without user, password, query, fragment, and without a slash at its end. */
  readonly base: string
  /** The value of the header; null: none is sent. */
  readonly authorization: string | null
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Behind the base, with its first slash. */
  readonly path: string
  /** Sent as JSON; undefined: no body. */
  readonly body?: unknown
}

export interface Answer {
  readonly status: number
  /** Undefined: it is no JSON in UTF-8. */
  readonly json: unknown
}

/** `unreachable`: no connection, or it broke before the answer was whole. */
export type Trouble = "unreachable" | "too-large"

/** Null: it is no URL of HTTP, or has a query or a fragment, behind which no path can be put. */
export const endpoint = (text: string): Endpoint | null => {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") return null
  const { password, username } = url
  return {
    base: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    authorization: username === "" && password === "" ? null : basic(username, password),
  }
}

/** Both as they stand in a URL. */
const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString("base64")}`

/** What is no escape stands for itself. */
const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true })

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

/** Null: there is more of it than may be read. */
const read = async ({ body }: Response): Promise<Uint8Array | null> => {
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  // Leaving the loop early hangs up.
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const ask = async ({ authorization, base }: Endpoint, request: Request, signal: AbortSignal) => {
  const { body, method, path } = request
  const headers = {
    accept: "application/json",
    "accept-encoding": "identity",
    ...(authorization === null ? {} : { authorization }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  }
  const text = body === undefined ? null : JSON.stringify(body)
  const response = await fetch(base + path, { method, headers, body: text, redirect: "manual", signal })
  const bytes = await read(response)
  return bytes === null ? "too-large" : { status: response.status, json: parsed(bytes) }
}

/** Never fails: trouble on the way is a value. */
export const call = (to: Endpoint, request: Request): Effect.Effect<Answer | Trouble> =>
  Effect.tryPromise((signal): Promise<Answer | Trouble> => ask(to, request, signal)).pipe(
    Effect.catch(() => Effect.succeed<Trouble>("unreachable")),
  )
