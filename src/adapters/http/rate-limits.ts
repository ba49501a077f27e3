/**
 * Rate limits of the API: by the client's address for every route of it, by customer for orders that are placed.
 *
 * Law: headers are those of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` names what there is, `RateLimit` what is
 * left of it. What is left stands in the request until its answer is written, as `x-request-id` does.
 * With a store that several processes share, its word counts too; while it is away each process counts for itself.
 * Fails: `rate-limited` (a problem), with `Retry-After`.
 */
import type { IncomingMessage } from "node:http"
import { memory, RateLimiter } from "../../app/overload/rate-limiter.ts"
import type { Probe } from "../../ports/probe.ts"
import type { Rate, Store } from "../../ports/rate-limit-store.ts"
import type { Asked } from "./answers.ts"
import { ClientAddresses } from "./client-address.ts"
import * as Problems from "./problems.ts"

export interface Options {
  /** Addresses and networks whose word on their clients is taken. */
  readonly trustedProxies: ReadonlyArray<string>
  /** Null: no limit. */
  readonly client: Rate | null
  readonly customer: Rate | null
  /** What the threads of a process count in together; null: each for itself. */
  readonly shared: Shared | null
}

export const OFF: Options = { trustedProxies: [], client: null, customer: null, shared: null }

export interface Shared {
  readonly client: SharedArrayBuffer | null
  readonly customer: SharedArrayBuffer | null
  readonly seed: number
}

export const share = ({ client, customer }: Options): Shared => ({
  client: client === null ? null : memory(),
  customer: customer === null ? null : memory(),
  seed: crypto.getRandomValues(new Int32Array(1))[0]!,
})

type By = "client" | "customer"

/** `RateLimit` of each figure that can be left, made once; beyond so many each time anew. */
const REMEMBERED_MAX = 1_000

/** One limit and the words for it. */
class Limit {
  readonly by: By
  readonly policy: string
  readonly #limiter: RateLimiter
  readonly #left: Array<string | undefined> = []

  constructor(by: By, limiter: RateLimiter) {
    const { burst, perSecond } = limiter.rate
    this.by = by
    this.#limiter = limiter
    this.policy = `"${by}";q=${burst};w=${Math.ceil(burst / perSecond)}`
  }

  /** As `RateLimiter.take`. */
  take(key: string): number {
    return this.#limiter.take(key, performance.timeOrigin + performance.now())
  }

  get rate(): Rate {
    return this.#limiter.rate
  }

  text(left: number): string {
    const known = this.#left[left]
    if (known !== undefined) return known
    const { burst, perSecond } = this.#limiter.rate
    const text = `"${this.by}";r=${left};t=${Math.ceil((burst - left) / perSecond)}`
    if (left < REMEMBERED_MAX) this.#left[left] = text
    return text
  }
}

const limitOf = (by: By, { [by]: rate }: Options, shared: Shared): Limit | null =>
  rate === null ? null : new Limit(by, new RateLimiter(rate, shared[by]!, shared.seed))

/** Called once, now or later; null: it may pass. */
type Verdict = (problem: Problems.Problem | null) => void

/** In which the text of `RateLimit` is kept until the answer is written. */
const LEFT = "ratelimit"

export class RateLimits {
  readonly #addresses: ClientAddresses
  readonly #client: Limit | null
  readonly #customer: Limit | null
  readonly #policy: string
  readonly #probe: Probe["Service"]

  /** Null: no other process counts. */
  readonly #store: Store | null

  constructor(options: Options, probe: Probe["Service"], store: Store | null = null) {
    const shared = options.shared ?? share(options)
    this.#addresses = new ClientAddresses(options.trustedProxies)
    this.#client = limitOf("client", options, shared)
    this.#customer = limitOf("customer", options, shared)
    this.#policy = [this.#client, this.#customer].flatMap((limit) => limit?.policy ?? []).join(", ")
    this.#probe = probe
    this.#store = store
  }

  /** What other processes have counted is asked for, and verdicts come later. */
  get isShared(): boolean {
    return this.#store !== null
  }

  /** Null: the client may ask, as far as this process knows. `isLimited`: of the route. */
  ofClient(request: IncomingMessage, isLimited: boolean): Problems.Problem | null {
    // A peer may send it too.
    if (request.headers[LEFT] !== undefined) delete request.headers[LEFT]
    if (this.#client === null || !isLimited) return null
    return this.#take(this.#client, this.#addresses.of(request), request)
  }

  /** Null: the customer may order, as far as this process knows. */
  ofCustomer(request: Asked, customerId: string): Problems.Problem | null {
    return this.#customer === null ? null : this.#take(this.#customer, customerId, request)
  }

  /** As `ofClient`, which has let it pass, over all processes. */
  ofClientShared(request: IncomingMessage, isLimited: boolean, verdict: Verdict): void {
    if (this.#client === null || !isLimited) return verdict(null)
    this.#ask(this.#client, this.#addresses.of(request), request, verdict)
  }

  /** As `ofCustomer`, which has let it pass, over all processes. */
  ofCustomerShared(request: Asked, customerId: string, verdict: Verdict): void {
    if (this.#customer === null) return verdict(null)
    this.#ask(this.#customer, customerId, request, verdict)
  }

  /** The headers of an answer, name and value in turn; null: nothing was counted. */
  headersOf({ headers }: Asked): readonly [string, string, string, string] | null {
    const left = headers[LEFT]
    return left === undefined ? null : ["ratelimit-policy", this.#policy, "ratelimit", String(left)]
  }

  #ask(limit: Limit, key: string, request: Asked, verdict: Verdict): void {
    const before = request.headers[LEFT]
    this.#store!.take(`${limit.by}:${key}`, limit.rate, (left) => {
      if (left === null) {
        this.#probe.emit({ _tag: "RateLimitStoreMissed" })
        return verdict(null)
      }
      // In place of what this process has counted, which was added last.
      const counted = request.headers as Record<string, string>
      const others = String(before).lastIndexOf(`, "${limit.by}"`)
      if (others === -1) delete counted[LEFT]
      else counted[LEFT] = String(before).slice(0, others)
      verdict(this.#judge(limit, left, request))
    })
  }

  #take(limit: Limit, key: string, request: Asked): Problems.Problem | null {
    return this.#judge(limit, limit.take(key), request)
  }

  #judge(limit: Limit, left: number, { headers }: Asked): Problems.Problem | null {
    const counted = headers as Record<string, string>
    const before = counted[LEFT]
    const text = limit.text(Math.max(0, left))
    const all = before === undefined ? text : `${before}, ${text}`
    if (left >= 0) {
      counted[LEFT] = all
      return null
    }
    delete counted[LEFT]
    this.#probe.emit({ _tag: "RateLimited", by: limit.by })
    return Problems.rateLimited(limit.by, Math.ceil(-left / 1_000), {
      "ratelimit-policy": this.#policy,
      ratelimit: all,
    })
  }
}
