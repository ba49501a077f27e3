/**
 * The owner of some lanes: the single writer of their products and orders. One per worker.
 *
 *     submit -> gate (`idempotency.ts`) -> load what is missing -> turn -> line (`line.ts`), which commits and answers
 *
 * This file is the front: it admits commands, sees to it that what a turn needs is in memory, and takes turns. Behind it run
 * the loops `loader.ts`, `committer.ts`, `expiry.ts` and `key-reader.ts`.
 *
 * Law: I2 one turn after another; I4 nothing is answered before it is durable, refusals and readings included: they wait in the
 * line for what they saw; I6 when memory and ledger disagree, memory is thrown away; I10 a fenced owner stops.
 * Limits: `limits.ts`. Fails: `Unavailable`, by name.
 */
import { Exit } from "effect"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Fate, unavailable } from "../../ports/failures.ts"
import type { Command } from "../../ports/inventory.ts"
import type { Loaded, OwnedLane, Wanted } from "../../ports/ledger.ts"
import type { Span } from "../../ports/trace.ts"
import type { Answering } from "../../ports/workers.ts"
import { Notify } from "../../std/notify.ts"
import { Admission } from "./admission.ts"
import { deadlineOf } from "./commands.ts"
import { Deadlines } from "./deadlines.ts"
import { Entry, type Front } from "./entry.ts"
import { HotProducts } from "./hot-products.ts"
import { foundIn, Idempotency, type LookUps } from "./idempotency.ts"
import { Line } from "./line.ts"
import { Misses } from "./misses.ts"
import { Registry } from "./registry.ts"
import * as Spans from "./spans.ts"
import { StockWatch } from "./stock-watch.ts"
import { Turns } from "./turn.ts"

const noLookUps = (): LookUps => ({ keys: [], skus: [] })

/** Its order contradicts itself, or what its key was bound to. */
const isOf = ({ claim, command }: Entry, unreadable: ReadonlySet<string>): boolean =>
  (claim !== null && unreadable.has(claim)) || ("orderId" in command && unreadable.has(command.orderId))

/** One load, and those that wait for it. */
export interface Missing {
  readonly wanted: Wanted
  readonly entries: ReadonlyArray<Entry>
}

export interface Options {
  /** Unpaid holds of a product that one customer may have; 0: any number. */
  readonly unpaidMax?: number
  /** Decisions of a batch, at most. */
  readonly batchSizeMax?: number
  /** Called for each command whose caller gave up before it was sent. */
  readonly dropped?: (why: "deadline" | "hung-up") => void
  /** Called for each span of a command that is traced. */
  readonly spanEnded?: (span: Span) => void
}

export class Owner {
  readonly lanes: ReadonlyArray<Lane.Lane>
  readonly line: Line
  readonly idempotency = new Idempotency()
  readonly deadlines = new Deadlines()
  readonly watch = new StockWatch()
  readonly hot = new HotProducts()
  /** Notified when there is something to load, a sooner deadline, nothing left to answer. */
  readonly toLoad = new Notify()
  readonly deadlineChanged = new Notify()
  readonly becameIdle = new Notify()
  readonly #registry = new Registry()
  readonly #turns: Turns
  readonly #admission = new Admission()
  readonly #mine: ReadonlySet<Lane.Lane>
  readonly #now: () => number
  readonly #spanEnded: (span: Span) => void
  /** Waiting for something to be loaded or looked up. */
  #waiting: Array<Entry> = []
  /** Those of the load that is under way. */
  #loading: ReadonlyArray<Entry> = []
  readonly #misses: Misses
  #lookUps = noLookUps()
  /** Claims of commands under way whose callers have hung up. */
  readonly #gone = new Set<string>()
  readonly #dropped: NonNullable<Options["dropped"]>
  #closed: "draining" | "stale-owner" | null = null
  #isPaused = false

  constructor(lanes: ReadonlyArray<OwnedLane>, now: () => number, options: Options = {}) {
    const { batchSizeMax, dropped = () => {}, spanEnded = () => {}, unpaidMax = 0 } = options
    this.#dropped = dropped
    this.#spanEnded = spanEnded
    this.lanes = lanes.map(({ lane }) => lane)
    this.#mine = new Set(this.lanes)
    this.#now = now
    this.#misses = new Misses(this.#registry, this.#isMine, unpaidMax > 0)
    this.#turns = new Turns(this.#registry, this.#isMine, unpaidMax)
    this.line = new Line(lanes, this.#registry, this.#schedule, batchSizeMax)
  }

  readonly #isMine = (id: ProductId | OrderId): boolean => this.#mine.has(Lane.of(id))

  // --- admission ------------------------------------------------------------------------------------------------------

  submit(command: Command, answer: Answering): void {
    const closed = this.#closed ?? (this.#isPaused ? "database" : null)
    if (closed !== null) return answer(Exit.fail(unavailable(closed)))
    if (!this.#admission.admit(command)) return answer(Exit.fail(unavailable("mailbox-full")))
    const entry = new Entry(command, answer, this.#front, this.#now())
    if (this.idempotency.enter(entry)) this.#attempt(entry)
  }

  readonly #front: Front = {
    leaves: (entry) => {
      const { claim, command, trace } = entry
      this.#admission.release(command)
      if (trace !== null) Spans.left(entry, trace, this.#now(), this.#spanEnded)
      if (this.#gone.size > 0 && claim !== null) this.#gone.delete(claim)
    },
    left: (entry) => {
      const next = this.idempotency.leave(entry)
      if (next !== null) this.#attempt(next)
      if (this.#admission.underWay === 0) this.becameIdle.notify()
    },
  }

  /** See `Worker.abandon`. It is dropped before its turn or its batch, whichever comes next. */
  hangUp(claim: string): void {
    if (this.idempotency.has(claim)) this.#gone.add(claim)
  }

  /** Commands under way. */
  get queued(): number {
    return this.#admission.underWay
  }

  /** From now on, and for good, commands are refused for this reason; those under way go on. */
  close(reason: "draining" | "stale-owner"): void {
    this.#closed = reason
  }

  /** Until `resume`: what memory is worth is unknown, so nothing new is taken on. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
  }

  get isAbandoned(): boolean {
    return this.#closed === "stale-owner"
  }

  /** The lanes are lost: nothing here may be decided or believed any more. `fate`: of the batch that is on its way. */
  abandon(fate: Fate, reason: "draining" | "stale-owner" = "stale-owner"): void {
    this.close("stale-owner")
    this.line.failSent(reason, fate)
    this.failUnsent(reason)
    this.line.abandon()
  }

  /** Its loops have ended, wherever they were: what is under way still is carried on by nothing, and its callers hear so. */
  end(): void {
    this.abandon("unknown", "draining")
  }

  /** No caller is kept waiting for what was never sent to the ledger. */
  failUnsent(reason: "draining" | "stale-owner" | "database"): void {
    this.line.failWaiting(reason)
    const entries = [...this.#loading, ...this.#waiting]
    this.#loading = []
    this.#waiting = []
    this.#misses.clear()
    this.#lookUps = noLookUps()
    this.fail(entries, reason)
  }

  fail(entries: ReadonlyArray<Entry>, reason: "draining" | "stale-owner" | "database"): void {
    for (const entry of entries) entry.fail(reason, "undecided")
  }

  // --- turns ------------------------------------------------------------------------------------------------------------

  #attempt(entry: Entry): void {
    if (entry.isAnswered) return
    if (this.isAbandoned) return entry.fail("stale-owner", "undecided")
    const now = this.#now()
    if (entry.answerBy <= now) return this.#drop(entry, "deadline")
    if (this.#gone.size > 0 && entry.claim !== null && this.#gone.has(entry.claim)) return this.#drop(entry, "hung-up")
    if (this.#isMissing(entry)) return this.#wait(entry)
    try {
      entry.decided(this.#turns.decide(entry.command, now), now)
    } catch (defect) {
      return entry.die(defect)
    }
    this.#decided(entry)
  }

  #drop(entry: Entry, why: "deadline" | "hung-up"): void {
    this.#dropped(why)
    entry.fail("deadline-passed", "undecided")
  }

  /** Both are asked, so that one load brings all of it. */
  #isMissing(entry: Entry): boolean {
    const asks = this.idempotency.asks(entry, this.#lookUps)
    return this.#misses.add(entry.command, entry.absent) || asks
  }

  #wait(entry: Entry): void {
    this.#waiting.push(entry)
    this.toLoad.notify()
  }

  #decided(entry: Entry): void {
    const outcome = entry.outcome!
    if (outcome._tag === "Decision") {
      if (outcome.key !== null) this.idempotency.binds(entry)
    } else {
      if (outcome._tag === "Refusal" && this.idempotency.asksBeforeRefusal(entry, this.#lookUps))
        return this.#wait(entry)
      // The yes to a question promises nothing: what it saw is waited for by the hold that follows.
      if (outcome._tag === "Reading" && outcome.reply._tag === "Held") return entry.answer()
      if (this.#sawOnlyDurable(entry.command)) return entry.answer()
    }
    this.line.join(entry)
  }

  #sawOnlyDurable(command: Command): boolean {
    if (command._tag !== "ReadStock") return this.line.isDurable
    const cell = this.#registry.products.get(command.productId)
    return cell === undefined || cell.current === cell.durable
  }

  /** What a rewind gave out, and all that was decided after it, once more, in the same order. */
  decideAgain(entries: ReadonlyArray<Entry>): void {
    for (const entry of entries) this.#again(entry)
    // Whatever the batch met may be met by newcomers as well: its own are not to fail with them a second time.
    this.line.closeRanks()
    for (const entry of this.line.takeUndone()) this.#again(entry)
  }

  #again(entry: Entry): void {
    entry.undecided()
    this.#attempt(entry)
  }

  /** What no caller waits for any more is not sent: all that waits is taken back, and the rest of it decided again. */
  dropDead(): void {
    if (!this.line.isAnyDead(this.#now(), this.#gone)) return
    // What is durable is settled first: memory goes back to it.
    this.line.acknowledge()
    for (const entry of this.line.takeBack()) this.#again(entry)
  }

  /** The ledger knows better what became of the holds of this order: they are read anew when they are needed. */
  forgetHolds(orderId: OrderId): void {
    const cell = this.#registry.holds.get(orderId)
    if (cell !== undefined && cell.current === cell.durable) this.#registry.holds.delete(orderId)
  }

  readonly #schedule = (command: Command): void => {
    const deadline = deadlineOf(command)
    if (deadline !== null && this.deadlines.add(deadline)) this.deadlineChanged.notify()
  }

  // --- loading ----------------------------------------------------------------------------------------------------------

  /** Everything that is missing, for one load; null: nothing is. */
  takeMissing(): Missing | null {
    this.#loading = []
    if (this.#waiting.length === 0) return null
    const wanted = { ...this.#misses.take(), ...this.#lookUps }
    const missing = { wanted, entries: this.#waiting }
    this.#loading = this.#waiting
    this.#waiting = []
    this.#lookUps = noLookUps()
    return missing
  }

  loaded({ entries, wanted }: Missing, loaded: Loaded): void {
    this.#registry.admit(wanted, loaded, this.#isMine)
    const absent = new Set<string>()
    for (const id of wanted.products) if (!this.#registry.products.has(id)) absent.add(id)
    for (const id of wanted.details) if (!this.#registry.details.has(id)) absent.add(id)
    for (const id of wanted.orders) if (!this.#registry.orders.has(id)) absent.add(id)
    for (const id of wanted.holdsOf) if (!this.#registry.holds.has(id)) absent.add(id)
    const found = foundIn(loaded)
    const unreadable = new Set(loaded.unreadable)
    for (const entry of entries) {
      if (unreadable.size > 0 && isOf(entry, unreadable)) {
        entry.die(new Error(`what ${entry.command._tag} needs cannot be read`))
        continue
      }
      entry.missed(absent)
      if (this.idempotency.passes(entry, found)) this.#attempt(entry)
    }
    this.#registry.forgetDetails()
  }

  /** Products and orders in memory. */
  get resident(): { readonly products: number; readonly orders: number } {
    return { products: this.#registry.products.size, orders: this.#registry.orders.size }
  }
}
