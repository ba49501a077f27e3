/**
 * The gate: which host names and which web pages the service answers (protection against DNS rebinding and cross-site requests,
 * and CORS for the pages that are allowed).
 *
 * Why it exists: the service has no authentication, and a browser on the same machine reaches it. Any page may send it requests,
 * and a page whose name is made to point here may read the answers.
 * Law: a name in `Host` that is not ours is refused (421). A request that a page of another origin has caused is refused (403)
 * unless that origin is allowed; pages that are for everyone may be visited from anywhere.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { BlockList, isIP, isIPv4 } from "node:net"
import * as Problems from "./problems.ts"

export interface Access {
  /** Host names that are ours besides the loopback's; `*`: any. */
  readonly hosts: ReadonlyArray<string>
  /** Origins of pages that may ask: `https://shop.example`. */
  readonly origins: ReadonlyArray<string>
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]

/** Who listens there listens on every address of the machine. */
const WILDCARDS = new Set(["0.0.0.0", "[::]"])

/** Spellings of hosts that are remembered; real peers use a few. */
const REMEMBERED_MAX = 1_000

const EXPOSED = "etag, idempotent-replayed, jaego-position, ratelimit, ratelimit-policy, retry-after, x-request-id"
const ASKED =
  "content-type, idempotency-key, if-match, if-none-match, jaego-position, last-event-id, prefer, request-timeout-ms, x-request-id"
/** How long a browser may remember the answer to a preflight (seconds). */
const PREFLIGHT_SECONDS = "600"

/** As it stands in a URL: an address of IPv6 in brackets. */
const inUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host).toLowerCase()

/** The name in `name:port`, lower case, without the root's dot; null: it is none. */
const nameIn = (host: string): string | null =>
  /^(\[[0-9a-f:.]+\]|[^\s:/@[\],]+?)\.?(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? null

export class Gate {
  readonly #names: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  /** Values of `Host` that were found to be ours. */
  readonly #ours = new Set<string>()

  constructor({ hosts, origins }: Access) {
    this.#names = new Set([...LOOPBACK, ...hosts.map(inUrl)])
    this.#origins = new Set(origins)
  }

  /** Null: it may pass. `host`: of the target, or the header. */
  refusal(request: IncomingMessage, host: string | undefined, isForEveryone: boolean): Problems.Problem | null {
    if (host !== undefined && !this.#ours.has(host) && !this.#isOurs(host)) return Problems.foreignHost
    const { origin, "sec-fetch-site": site } = request.headers
    if (isForEveryone || (origin === undefined && site !== "cross-site")) return null
    if (origin === undefined) return Problems.foreignOrigin
    return this.#origins.has(origin) || isSame(origin, host) ? null : Problems.foreignOrigin
  }

  /** What a browser must see of us to let an allowed page read the answer. */
  expose(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers
    if (origin === undefined || !this.#origins.has(origin)) return
    response.setHeader("access-control-allow-origin", origin)
    response.setHeader("access-control-expose-headers", EXPOSED)
    response.setHeader("vary", "origin")
  }

  #isOurs(host: string): boolean {
    const name = nameIn(host)
    if (name === null || !this.#isOurName(name)) return false
    if (this.#ours.size < REMEMBERED_MAX) this.#ours.add(host)
    return true
  }

  #isOurName(name: string): boolean {
    if (this.#names.has(name) || this.#names.has("*") || (isIPv4(name) && name.startsWith("127."))) return true
    // An address cannot be made to point elsewhere, as a name can.
    const isAddress = isIPv4(name) || name.startsWith("[")
    return isAddress && [...WILDCARDS].some((wildcard) => this.#names.has(wildcard))
  }
}

/** A page that this very host has served. */
const isSame = (origin: string, host: string | undefined): boolean =>
  origin === `http://${host}` || origin === `https://${host}`

const LOCAL_PEERS = new BlockList()
LOCAL_PEERS.addSubnet("127.0.0.0", 8, "ipv4")
LOCAL_PEERS.addAddress("::1", "ipv6")

/**
 * The peer of the connection is on this machine, as its socket says (also as IPv4 within IPv6), and passes nothing on for others: a
 * header may deny it, and never claim it.
 */
export const isLocal = ({ headers, socket: { remoteAddress } }: IncomingMessage): boolean =>
  remoteAddress !== undefined &&
  LOCAL_PEERS.check(remoteAddress.split("%")[0]!, isIPv4(remoteAddress) ? "ipv4" : "ipv6") &&
  !PASSED_ON.some((header) => headers[header] !== undefined)

/** What proxies add to what they pass on. */
const PASSED_ON = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

/** A browser asks whether a page may send what it wants to send. */
export const isPreflight = ({ headers, method }: IncomingMessage): boolean =>
  method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined

/** `allow`: the methods of the route. */
export const answerPreflight = (response: ServerResponse, allow: string): void => {
  response.writeHead(204, {
    "access-control-allow-methods": allow,
    "access-control-allow-headers": ASKED,
    "access-control-max-age": PREFLIGHT_SECONDS,
  })
  response.end()
}
