/** The day's trade: who wants what, and when. Small numbers on purpose, so that people get in each other's way. */
import type { ProductId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import type { Edit } from "../../src/domain/product.ts"
import type { Crowd } from "./crowd.ts"
import type { Dice } from "./dice.ts"
import * as Requests from "./requests.ts"
import type { Scenario } from "./scenario.ts"

const TOKENS = [
  "tok_ok",
  "tok_ok",
  "tok_ok",
  "tok_decline",
  "tok_delay_300",
  "tok_delay_4000",
  "tok_unknown_charged",
  "tok_unknown_declined",
  "tok_action_900",
  "tok_action",
]

/** An id that does not exist. */
const ABSENT = "018f0000-0000-7000-8000-000000000000" as ProductId

export class Trade {
  readonly #crowd: Crowd
  readonly #dice: Dice
  readonly #scenario: Scenario
  /** A service's wall clock, milliseconds since 1970. */
  readonly #wallMs: () => number
  #keys = 0

  constructor(crowd: Crowd, dice: Dice, scenario: Scenario, wallMs: () => number) {
    this.#crowd = crowd
    this.#dice = dice
    this.#scenario = scenario
    this.#wallMs = wallMs
  }

  /** The shelves are put up first: with a key, so that it is asked for until it is answered. */
  openShelves(): void {
    for (const [number, { onHand, purchaseLimit }] of this.#scenario.shelves.entries())
      this.#crowd.wish(0, () => Requests.create(`shelf-${number}`, onHand, purchaseLimit, `shelf-${number}`))
  }

  /** Everything that is wanted from now on, for as long as people trade. */
  begin(): void {
    const { edits, rush, tradeMs, wishes } = this.#scenario
    for (let wish = 0; wish < wishes; wish++)
      this.#crowd.wish(this.#dice.below(tradeMs) * 1_000, () => this.#request(), this.#later)
    for (let edit = 0; edit < edits; edit++) this.#wishEdits(this.#dice.below(tradeMs) * 1_000)
    const at = this.#dice.between(200, tradeMs) * 1_000
    for (let buyer = 0; buyer < rush; buyer++)
      this.#crowd.wish(at + this.#dice.below(400), () => this.#buyFirst(buyer), this.#later)
  }

  /** After the storm: the shop sells and publishes as ever. */
  tryAgain(): void {
    for (const id of this.#crowd.products) {
      this.#crowd.wish(0, () => Requests.receive(id, 1, this.#key()))
      this.#crowd.wish(1_000_000, () => Requests.read(id))
    }
  }

  /** Everyone takes one and does not pay. */
  leaveUnpaid(): void {
    for (const [number, productId] of this.#crowd.products.entries())
      this.#crowd.wish(number * 100_000, () => {
        const basket = {
          customer: `late-${number}`,
          lines: [{ productId, quantity: 1 }],
          token: null,
          answer: "wait",
        } as const
        return Requests.place(basket, `late-${number}`)
      })
  }

  /** People look at the shelves and call off orders while a process stands still for so many milliseconds: whom do they ask? */
  askMeanwhile(forMs: number): void {
    const delay = () => Math.max(0, forMs - this.#dice.below(1_000)) * 1_000
    for (const productId of this.#crowd.products)
      for (let reader = 0; reader < 15; reader++) this.#crowd.wish(delay(), () => Requests.read(productId))
    for (const { id } of this.#crowd.placed.slice(-6))
      this.#crowd.wish(delay(), () => Requests.cancel(id, this.#optionalKey()))
  }

  /** A new one; now and then one that another order has. */
  #key(): string {
    return `key-${this.#dice.oneIn(this.#scenario.sharedKeys) ? this.#dice.below(this.#keys + 1) : this.#keys++}`
  }

  #optionalKey(): string | null {
    return this.#dice.oneIn(this.#scenario.keyless) ? null : this.#key()
  }

  #product(): ProductId {
    return this.#dice.oneIn(40)
      ? ABSENT
      : (this.#crowd.products[this.#dice.below(this.#crowd.products.length)] ?? ABSENT)
  }

  #token(): string | null {
    return this.#dice.oneIn(3) ? null : this.#dice.pick(TOKENS)
  }

  #buyFirst(buyer: number): Requests.Request {
    const lines = [{ productId: this.#crowd.products[0] ?? ABSENT, quantity: 1 }]
    const basket = { customer: `buyer-${buyer}`, lines, token: this.#token(), answer: "wait" } as const
    return Requests.place(basket, this.#key())
  }

  #request(): Requests.Request | null {
    const dice = this.#dice
    const order = this.#crowd.placed[dice.below(this.#crowd.placed.length)]
    switch (dice.pick(this.#scenario.mix)) {
      case 0:
        return Requests.receive(this.#product(), dice.between(1, 5), this.#optionalKey())
      case 1:
        return Requests.adjust(this.#product(), dice.between(-4, 4), this.#optionalKey())
      case 2:
      case 3:
        return Requests.read(this.#product())
      case 4:
        return Requests.create(`sku-${dice.below(3)}`, dice.below(6), null, this.#optionalKey())
      case 5:
      case 6:
        return order === undefined ? null : Requests.cancel(order.id, this.#optionalKey())
      case 7:
        return order === undefined ? null : this.#pay(order)
      default:
        return Requests.place(this.#basket(), this.#key())
    }
  }

  /** Every other time by two editors, who have read the same version. */
  #wishEdits(at: number): void {
    const pick = this.#dice.below(1_000)
    for (let editors = this.#dice.between(1, 2); editors > 0; editors--)
      this.#crowd.wish(at + this.#dice.below(2_000), () => this.#edit(pick))
  }

  /** Mostly of the version that was answered last; now and then of an older one, or of any. */
  #edit(pick: number): Requests.Request {
    const dice = this.#dice
    const { products } = this.#crowd
    const id = products[pick % products.length] ?? ABSENT
    const known = this.#crowd.editions.get(id)
    const version = known?.version ?? 1
    const versions = dice.oneIn(5) ? null : [dice.oneIn(4) ? Math.max(1, version - 1) : version]
    return Requests.edit(id, this.#wanted(known?.archived ?? false), versions)
  }

  #wanted(isArchived: boolean): Edit {
    const dice = this.#dice
    if (isArchived) return { archived: false }
    switch (dice.below(6)) {
      case 0:
        return { archived: true }
      case 1:
        return { purchaseLimit: dice.oneIn(2) ? null : dice.between(1, 5) }
      case 2:
        return { name: `thing ${dice.below(1_000)}` }
      default:
        return { price: { amount: dice.between(50, 200), currency: "EUR" } }
    }
  }

  #basket(): Requests.Basket {
    const dice = this.#dice
    const lines = Array.from({ length: dice.between(1, this.#scenario.lines) }, () => ({
      productId: this.#product(),
      quantity: dice.between(1, 3),
    }))
    return {
      customer: `customer-${dice.below(3)}`,
      lines,
      token: this.#token(),
      answer: dice.oneIn(4) ? "async" : "wait",
    }
  }

  #pay(order: Order): Requests.Request {
    return Requests.pay(order.id, this.#dice.pick(TOKENS), this.#dice.oneIn(4) ? "async" : "wait", this.#optionalKey())
  }

  /** Who has paid may think again while it is being shipped. */
  #secondThoughts(order: Order): void {
    if (!this.#dice.oneIn(4)) return
    this.#crowd.wish(this.#dice.between(50, 3_500) * 1_000, () => Requests.cancel(order.id, this.#optionalKey()))
  }

  /** Who is to pay later does so in the last minute, or a moment too late; several try at once. */
  readonly #later = (order: Order): void => {
    if (order.status === "paid") return this.#secondThoughts(order)
    if (order.status !== "reserved" || !this.#dice.oneIn(this.#scenario.lastMinute)) return
    const left = (order.expiresAt - this.#wallMs()) * 1_000
    for (let tries = this.#dice.between(1, 4); tries > 0; tries--)
      this.#crowd.wish(Math.max(0, left + this.#dice.between(-6_000, 3_000)), () => this.#pay(order))
  }
}
