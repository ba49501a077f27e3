/**
 * The crowd: shoppers who ask, wait, lose patience or their connection, and ask again under the same key until they know.
 * Every attempt becomes a call of the history, as far as the shopper knows how it ended.
 */
import { Cause, Exit } from "effect"
import type { Tables } from "../../src/adapters/memory/store.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import type { Product } from "../../src/domain/product.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { claimName } from "../../src/ports/inventory.ts"
import { type Call, undurable, type Versions } from "../support/history-laws.ts"
import type { Dice } from "./dice.ts"
import { WAITED } from "./hung-up.ts"
import type { Journal } from "./journal.ts"
import type { Answered, Request } from "./requests.ts"
import type { Failure, Service } from "./service.ts"
import { Host, Node, type World } from "./world.ts"

/** A shopper without an answer hangs up after this, microseconds. */
const PATIENCE = 8_000_000

/** Microseconds. */
const JUST_NOW = 5_000

/** What became of an attempt: an answer, or why there is none. */
type Ended = { readonly _tag: "Answered"; readonly exit: Exit.Exit<Answered, Failure> } | { readonly _tag: "Lost" }

export interface Attempt {
  readonly sentAt: number
  endedAt: number | null
  /** `gone`: the process it was sent to has died. */
  outcome: "open" | "accepted" | "refused" | "unavailable" | "gone" | "silent"
}

/** Something a shopper wants, and all attempts at it. */
export interface Wish {
  readonly number: number
  readonly request: Request
  readonly attempts: Array<Attempt>
  /** What has no key is not asked for again. */
  readonly insists: boolean
  isDone: boolean
  order: Order | null
}

export class Crowd {
  readonly calls: Array<Call> = []
  readonly wishes: Array<Wish> = []
  readonly placed: Array<Order> = []
  readonly products: Array<ProductId> = []
  /** Of products that were edited, the newest that was answered. */
  readonly editions = new Map<ProductId, Product>()
  readonly node: Node
  /** How often a request is sent twice, once in so many; 0: never. */
  twice = 0
  /** How often a caller hangs up before the answer, once in so many; 0: never. */
  hasty = 0
  #coming = 0
  readonly #wanting = new Map<ProductId, number>()
  /** When a payment was last asked for, or answered, by order. */
  readonly #paidAt = new Map<OrderId, number>()
  readonly #world: World
  readonly #journal: Journal
  readonly #dice: Dice
  readonly #store: Tables
  readonly #services: () => ReadonlyArray<Service>

  constructor(world: World, journal: Journal, dice: Dice, store: Tables, services: () => ReadonlyArray<Service>) {
    this.#world = world
    this.#journal = journal
    this.#dice = dice
    this.#store = store
    this.#services = services
    this.node = new Node(world, new Host("crowd"), "crowd")
  }

  /** Wishes without an answer, and those that are still to come. */
  get waiting(): number {
    return this.#coming + this.wishes.filter(({ isDone }) => !isDone).length
  }

  /** How many wait for an answer that would take units of this product. */
  wanting(productId: ProductId): number {
    return this.#wanting.get(productId) ?? 0
  }

  /** A caller waits for the answer to a payment of this order, or has had it just now. */
  isPaying(orderId: OrderId): boolean {
    return this.#world.now - (this.#paidAt.get(orderId) ?? Number.NEGATIVE_INFINITY) < JUST_NOW
  }

  #want({ wants }: Request, more: 1 | -1): void {
    for (const { productId } of wants) this.#wanting.set(productId, this.wanting(productId) + more)
  }

  /** After this many microseconds a shopper wants this; `then` is called with the order that was answered. */
  wish(delay: number, make: () => Request | null, then: (order: Order) => void = () => undefined): void {
    this.#coming++
    this.#world.post(this.node, delay, () => {
      this.#coming--
      const request = make()
      if (request === null) return
      const insists = request.claim !== null && !this.#dice.oneIn(12)
      const wish: Wish = { number: this.wishes.length, request, attempts: [], insists, isDone: false, order: null }
      this.wishes.push(wish)
      this.#attempt(wish, then)
      if (request.claim === null || !this.#dice.oneIn(this.twice)) return
      this.#journal.fault("a request sent twice", `wish ${wish.number}`)
      this.#world.post(this.node, this.#dice.between(0, 30_000), () => this.#attempt(wish, then))
    })
  }

  #versions(): Versions {
    return new Map([...this.#store.stocks].map(([id, { version }]) => [id, version]))
  }

  #editions(): Versions {
    return new Map([...this.#store.products].map(([id, { version }]) => [id, version]))
  }

  #attempt(wish: Wish, then: (order: Order) => void): void {
    const { request } = wish
    const attempt: Attempt = { sentAt: this.#world.now, endedAt: null, outcome: "open" }
    wish.attempts.push(attempt)
    this.#want(request, 1)
    if (request.pays !== null) this.#paidAt.set(request.pays, Number.POSITIVE_INFINITY)
    const name = `wish ${wish.number}.${wish.attempts.length} ${request.what}${request.claim === null ? "" : ` [${claimName(request.claim)}]`}`
    const { adds, claim, customer, edits, wants } = request
    const at = this.calls.length
    this.calls.push({
      name,
      claim,
      customer,
      wants,
      adds,
      edits,
      began: this.#versions(),
      beganEditions: this.#editions(),
      ended: null,
      endedEditions: null,
      exit: null,
      undurable: [],
    })
    /** False: it had ended before. */
    const end = (ended: Ended): boolean => {
      if (attempt.endedAt !== null) return false
      attempt.endedAt = this.#world.now
      this.#want(request, -1)
      if (request.pays !== null) this.#paidAt.set(request.pays, this.#world.now)
      this.#ended(wish, attempt, at, ended, then)
      return true
    }
    this.#send(request, at, end, () => {
      if (attempt.outcome === "open") attempt.outcome = "gone"
      end({ _tag: "Lost" })
    })
    this.#world.post(this.node, PATIENCE, () => end({ _tag: "Lost" }))
  }

  #send(request: Request, at: number, end: (ended: Ended) => boolean, gone: () => void): void {
    const services = this.#services()
    // A balancer mostly knows which process is ready; a reader does not care so much.
    const ready = services.filter((service) => service.isReady)
    const isAstray = this.#dice.oneIn(request.claim === null ? 4 : 10)
    const service = this.#dice.pick(ready.length > 0 && !isAstray ? ready : services)
    const travel = () => (this.#dice.oneIn(30) ? this.#dice.between(5_000, 80_000) : this.#dice.between(50, 1_500))
    const lost = () => void this.#world.post(this.node, travel(), gone)
    if (service.isDead) return lost()
    const isHasty = this.#dice.oneIn(this.hasty)
    const handle = () => {
      const hangUp = service.handle(
        request.claim,
        request.ask,
        (exit) => {
          this.#answered(request, at, exit)
          if (service.isUnaware) this.#excuse(at, exit)
          this.#world.post(this.node, travel(), () => end({ _tag: "Answered", exit }))
        },
        lost,
      )
      if (!isHasty) return
      // The caller is gone at once; the process notices a little later.
      this.#world.post(this.node, this.#dice.below(30_000), () => {
        if (!end({ _tag: "Lost" })) return
        this.#journal.fault("a caller hung up")
        this.#world.post(service.main, travel(), hangUp)
      })
    }
    const arrivesAt = this.#world.now + travel()
    // A request on its way to a process that dies learns of it by its own time limit only.
    this.#world.post(service.main, arrivesAt - this.#world.now, () => {
      // A process that was asleep finds all its sockets ready, and looks at them in any order.
      if (this.#world.now === arrivesAt) handle()
      else this.#world.post(service.main, this.#dice.below(2_000), handle)
    })
  }

  /** In the instant in which the process answers: what it answers has to be in the books. */
  #answered({ claim }: Request, at: number, exit: Exit.Exit<Answered, Failure>): void {
    const call = this.calls[at]!
    const missing = Exit.isSuccess(exit)
      ? undurable(viewOf(this.#store, exit.value, claim), exit.value, claim)
      : this.#contradicted(claim, exit.cause)
    this.calls[at] = {
      ...call,
      ended: this.#versions(),
      endedEditions: this.#editions(),
      undurable: [...call.undurable, ...missing],
    }
  }

  /** Answered that nothing was decided, although its key is bound, and no other request can have bound it. */
  #contradicted(claim: Request["claim"], cause: Cause.Cause<Failure>): ReadonlyArray<string> {
    const error = Cause.squash(cause) as Failure
    if (claim === null || error._tag !== "Unavailable" || error.fate === "unknown") return []
    const name = claimName(claim)
    if (!this.#store.keys.has(name)) return []
    const asked = this.calls.filter((call) => call.claim !== null && claimName(call.claim) === name)
    return asked.length === 1 ? [`that nothing was decided, and the key ${name} is bound`] : []
  }

  /** It may have answered what was so before: any version may have been meant. */
  #excuse(at: number, exit: Exit.Exit<Answered, Failure>): void {
    if (/unavailable|in progress/.test(outcomeOf(exit))) return
    this.#journal.moment("an answer by an owner that could not know that its session had been ended")
    this.calls[at] = { ...this.calls[at]!, began: new Map(), beganEditions: new Map() }
  }

  #ended(wish: Wish, attempt: Attempt, at: number, ended: Ended, then: (order: Order) => void): void {
    const lost = { ...this.calls[at]!, exit: Exit.fail(unavailable("worker-lost", "unknown")) }
    const answer =
      ended._tag === "Lost" ? (attempt.outcome === "gone" ? "connection lost" : "no answer") : outcomeOf(ended.exit)
    // Of one who hung up before, this is not the answer: it has none.
    if (answer === LATE && !wish.request.isHurried) this.#journal.violated([`${WAITED}: ${lost.name}`])
    this.#journal.answered(answer)
    this.#journal.write("crowd", `${lost.name}: ${answer}`)
    this.calls[at] = lost
    if (ended._tag === "Lost") {
      if (attempt.outcome === "open") attempt.outcome = "silent"
      return this.#again(wish, then)
    }
    const { exit } = ended
    if (Exit.isSuccess(exit)) {
      attempt.outcome = "accepted"
      this.calls[at] = { ...lost, exit: Exit.succeed(exit.value) }
      this.#accepted(wish, exit.value, then)
    } else {
      const error = Cause.squash(exit.cause) as Failure
      if (error._tag === "Problem" || error._tag === "Unavailable") attempt.outcome = "unavailable"
      else attempt.outcome = "refused"
      if (error._tag !== "Problem") this.calls[at] = { ...lost, exit: exit as Exit.Exit<never, never> }
      if (attempt.outcome === "unavailable") return this.#again(wish, then)
    }
    wish.isDone = true
  }

  #accepted(wish: Wish, { answer }: Answered, then: (order: Order) => void): void {
    if (answer.kind === "product" && !this.products.includes(answer.product.id)) this.products.push(answer.product.id)
    if (answer.kind === "edited" && answer.product.version > (this.editions.get(answer.product.id)?.version ?? 0))
      this.editions.set(answer.product.id, answer.product)
    if (answer.kind !== "sale" || wish.order !== null) return
    wish.order = answer.sale.order
    if (!this.placed.some(({ id }) => id === wish.order!.id)) this.placed.push(wish.order)
    then(wish.order)
  }

  #again(wish: Wish, then: (order: Order) => void): void {
    if (wish.isDone) return
    if (!wish.insists) {
      wish.isDone = true
      return
    }
    if (wish.attempts.some(({ endedAt }) => endedAt === null)) return
    this.#world.post(this.node, this.#dice.between(20_000, 900_000), () => {
      if (!wish.isDone) this.#attempt(wish, then)
    })
  }

  orderId(number: number): OrderId | null {
    return this.placed.at(number)?.id ?? null
  }
}

/** As it is answered to one that said how long it waits. */
const LATE = "unavailable: deadline-passed"

const outcomeOf = (exit: Exit.Exit<Answered, Failure>): string => {
  if (Exit.isSuccess(exit)) {
    const { replayed, answer } = exit.value
    const what = answer.kind === "sale" ? answer.sale.outcome : answer.kind
    return replayed ? `${what}, replayed` : what
  }
  const error = Cause.squash(exit.cause) as Failure | Error
  if (!("_tag" in error)) return "died"
  if (error._tag === "Unavailable") return `unavailable: ${error.reason}`
  return error._tag === "Refused" ? `refused: ${error.rejection._tag}` : "in progress"
}

/** As much of the books as the answer speaks of. */
const viewOf = (store: Tables, { answer }: Answered, claim: Request["claim"]) => {
  const stock = answer.kind === "stock" || answer.kind === "read" ? answer.stock.productId : null
  const key = claim === null ? undefined : store.keys.get(claimName(claim))
  return {
    movements: (stock === null ? undefined : store.movements.get(stock)) ?? [],
    keys: key === undefined ? [] : [key],
    orders: store.orders,
    products: new Map(
      answer.kind === "product" || answer.kind === "edited"
        ? [[answer.product.id as string, store.products.get(answer.product.id)?.version ?? 0]]
        : [],
    ),
  }
}
