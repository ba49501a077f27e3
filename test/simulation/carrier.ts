/**
 * The carrier, outside: slow, sometimes silent, and honest in the end. One key, one parcel; a key that was barred is never
 * taken; what was collected is not called back.
 *
 * A request arrives late, or twice, and its answer may be lost; some keys it never takes, some it refuses. It calls back
 * until it is heard: again and again, in any order, and some things it never reports. What it says holds characters that no database
 * keeps.
 *
 * Law (checked here, at each step): a parcel is taken for a paid order, under that order's key.
 */
import type { OrderId } from "../../src/domain/ids.ts"
import type { Order } from "../../src/domain/order.ts"
import type { Callback, Cancellation, Carrier, Registration } from "../../src/ports/carrier.ts"
import type { Dice } from "./dice.ts"
import type { Journal } from "./journal.ts"
import { type Lengths, type Moods, Road, type Span } from "./road.ts"
import type { Service } from "./service.ts"
import { Host, Node, type World } from "./world.ts"

export type ParcelState = "registered" | "collected" | "delivered" | "barred" | "refused"

/** What befalls a key, or a callback, as well. */
export interface CarrierMoods extends Moods {
  /** It never takes this key, and never says so. */
  readonly silent: number
  readonly refused: number
  readonly unsent: number
}

export const PROMPT: CarrierMoods = { lostAnswer: 0, slow: 0, twice: 0, silent: 0, refused: 0, unsent: 0 }

const LENGTHS: Lengths = {
  there: { least: 4_000, most: 50_000 },
  detour: { least: 400_000, most: 6_000_000 },
  back: { least: 2_000, most: 50_000 },
}

const COLLECTED: Span = { least: 100_000, most: 3_000_000 }
const DELIVERED: Span = { least: 50_000, most: 2_000_000 }
/** Microseconds. */
const CALL_AGAIN = 800_000

/** Its words are its own affair: NUL and half a surrogate pair, which no database keeps. */
const HOSTILE = "we do not go there \0 \ud83d"

const trackingIdOf = (key: string): string => `JC\0${key}`

/** It has left, or will: these goods are delivered. */
export const isLive = (state: ParcelState | undefined): boolean =>
  state === "registered" || state === "collected" || state === "delivered"

export class SimulatedCarrier {
  readonly parcels = new Map<string, ParcelState>()
  moods: CarrierMoods = PROMPT
  /** Parcels that will still change by themselves, and callbacks that were not heard. */
  #open = 0
  readonly #silent = new Set<string>()
  /** Keys it has been asked for at least once. */
  readonly #known = new Set<string>()
  readonly #world: World
  readonly #journal: Journal
  readonly #dice: Dice
  readonly #node: Node
  readonly #road: Road
  readonly #orders: ReadonlyMap<string, Order>
  readonly #services: () => ReadonlyArray<Service>

  constructor(
    world: World,
    journal: Journal,
    dice: Dice,
    orders: ReadonlyMap<string, Order>,
    services: () => ReadonlyArray<Service>,
  ) {
    this.#world = world
    this.#journal = journal
    this.#dice = dice
    this.#orders = orders
    this.#services = services
    this.#node = new Node(world, new Host("carrier"), "carrier")
    this.#road = new Road({ to: this.#node, name: "carrier", journal, dice, lengths: LENGTHS, moods: () => this.moods })
  }

  /** The carrier, as this node reaches it. */
  carrier(from: Node): Carrier["Service"] {
    return {
      register: ({ key }) =>
        this.#road.ask<Registration>(from, "register", (answer) => {
          const said = this.#register(key)
          if (said !== null) answer(said)
        }),
      cancel: (key) => this.#road.ask<Cancellation>(from, "cancel", (answer) => answer(this.#cancel(key))),
    }
  }

  /** Parcels are on their way, or it has something to report. */
  get isBusy(): boolean {
    return this.#open > 0
  }

  /** It has said so, and so it stays: it will never take this key. */
  isCertain(key: string): boolean {
    const state = this.parcels.get(key)
    return state === "barred" || state === "refused"
  }

  /** Null: it says nothing. */
  #register(key: OrderId): Registration | null {
    const state = this.parcels.get(key)
    if (state === "barred" || state === "refused") return { _tag: "Refused", reason: HOSTILE }
    if (state !== undefined) return { _tag: "Registered", trackingId: trackingIdOf(key) }
    if (!this.#known.has(key)) {
      this.#known.add(key)
      if (this.#dice.oneIn(this.moods.silent)) this.#silent.add(key)
    }
    if (this.#silent.has(key)) {
      this.#journal.fault("carrier register: no word")
      return null
    }
    if (this.#dice.oneIn(this.moods.refused)) {
      this.#journal.fault("carrier register: refused")
      this.#becomes(key, "refused")
      return { _tag: "Refused", reason: HOSTILE }
    }
    this.#take(key)
    return { _tag: "Registered", trackingId: trackingIdOf(key) }
  }

  #take(key: OrderId): void {
    const order = this.#orders.get(key)
    const wasPaid = order !== undefined && (order.status !== "cancelled" || order.refund !== "none")
    if (!wasPaid || order.status === "reserved" || order.status === "expired" || order.status === "payment_failed")
      this.#journal.violated([
        `one shipment per paid order: ${key} was given to the carrier, and is ${order?.status ?? "no order"}`,
      ])
    if (order?.status === "cancelled") this.#journal.moment("a parcel taken whose order was cancelled meanwhile")
    this.#becomes(key, "registered")
    this.#open++
    this.#world.post(this.#node, this.#dice.between(COLLECTED.least, COLLECTED.most), () => {
      this.#open--
      if (this.parcels.get(key) !== "registered") return
      this.#becomes(key, "collected")
      this.#report(key, "collected")
      this.#open++
      this.#world.post(this.#node, this.#dice.between(DELIVERED.least, DELIVERED.most), () => {
        this.#open--
        this.#becomes(key, "delivered")
        this.#report(key, "delivered")
      })
    })
  }

  #cancel(key: OrderId): Cancellation {
    const state = this.parcels.get(key)
    if (state === "collected" || state === "delivered") return "shipped"
    if (state !== "refused") this.#becomes(key, "barred")
    return "cancelled"
  }

  #becomes(key: string, state: ParcelState): void {
    const before = this.parcels.get(key)
    this.parcels.set(key, state)
    this.#journal.write("carrier", `${key.slice(-12)} ${before === undefined ? "" : `was ${before}, `}is ${state}`)
  }

  #report(key: OrderId, what: Callback["what"]): void {
    if (this.#dice.oneIn(this.moods.unsent)) return this.#journal.fault("carrier callback: never sent")
    const callback: Callback = { id: `${key}-${what}`, what, key, trackingId: trackingIdOf(key), at: this.#node.wallMs }
    this.#call(callback, this.#dice.between(5_000, 1_500_000))
    if (!this.#dice.oneIn(this.moods.twice)) return
    this.#journal.fault("carrier callback: twice")
    this.#call(callback, this.#dice.between(5_000, 4_000_000))
  }

  /** Until it is heard, or answered that there is no such shipment. */
  #call(callback: Callback, delay: number): void {
    let isOpen = true
    this.#open++
    const end = () => {
      if (isOpen) this.#open--
      isOpen = false
    }
    const again = () => {
      if (isOpen) this.#call(callback, CALL_AGAIN)
      end()
    }
    this.#world.post(this.#node, delay, () => {
      this.#world.post(this.#node, 3_000_000, again)
      const alive = this.#services().filter(({ isOpen }) => isOpen)
      if (alive.length === 0) return
      const service = this.#dice.pick(alive)
      this.#world.post(service.main, this.#dice.between(1_000, 30_000), () =>
        service.hear(callback, (outcome) =>
          this.#world.post(this.#node, this.#dice.between(1_000, 30_000), () => {
            if (outcome === "unavailable") return again()
            if (isOpen) this.#journal.moment(`a callback of the carrier: ${outcome}`)
            end()
          }),
        ),
      )
    })
  }
}
