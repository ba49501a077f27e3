/**
 * The owner of some lanes: admission in front, turns in memory, group commits behind. One per worker; the only writer of
 * its lanes' products and orders.
 *
 *     submit -> (load what is missing) -> turn -> pending -> commit, all that wait together -> answer
 *
 * This file is the front and the memory; `committer.ts`, `loader.ts`, `expiry.ts` and `key-reader.ts` are the loops behind it.
 *
 * Law: I2 one turn after another; I4 nobody hears before it is durable, refusals and readings included: they wait in the
 * same line for what they saw; I6 when memory and ledger disagree, memory is thrown away; I10 a fenced owner stops.
 * Limits: `limits.ts`. Fails: `Unavailable`, by name.
 */
import { Exit } from "effect"
import type { OrderId, ProductId } from "../../domain/ids.ts"
import * as Lane from "../../domain/lane.ts"
import { type Fate, type Unavailable, type UnavailableReason, unavailable } from "../../ports/failures.ts"
import { type Answer, type Command, Refused, type Rejection, type Reply } from "../../ports/inventory.ts"
import type { KnownKey, Loaded, OwnedLane, Wanted } from "../../ports/ledger.ts"
import type { Answering } from "../../ports/workers.ts"
import { Notify } from "../../std/notify.ts"
import { Slab } from "../../std/slab.ts"
import { Absent } from "./absent.ts"
import { Admission } from "./admission.ts"
import type { Builder } from "./batch.ts"
import { boundTo } from "./claim.ts"
import { claimNameOf, claimOf, deadlineOf, isBoundElsewhere } from "./commands.ts"
import { Deadlines } from "./deadlines.ts"
import { type Decision, type Outcome, settle, undo } from "./decision.ts"
import { Draft } from "./draft.ts"
import { KnownKeys } from "./known-keys.ts"
import { BATCH_SIZE_MAX } from "./limits.ts"
import { Misses } from "./misses.ts"
import { Registry } from "./registry.ts"
import { Turns } from "./turn.ts"

/** A command on its way through the owner, answered exactly once. */
export interface Entry {
  readonly command: Command
  /** Of its claim (`claimName`); null: it has none. Made once: a new text is hashed anew by every map. */
  readonly claim: string | null
  readonly answer: Answering
  answered: boolean
  outcome: Outcome | null
  /** Ids that were looked for and do not exist. */
  absent: Absent | null
}

export class Owner {
  readonly registry = new Registry()
  readonly deadlines = new Deadlines()
  readonly knownKeys = new KnownKeys()
  readonly lanes: Map<Lane.Lane, OwnedLane>
  /** Rung when there is something to commit, to load, a sooner deadline, nothing left to answer, too many keys. */
  readonly toCommit = new Notify()
  readonly toLoad = new Notify()
  readonly deadlineChanged = new Notify()
  readonly becameIdle = new Notify()
  readonly keysOutgrown = new Notify()
  /** Decided, in order, waiting for a commit. */
  #pending: Array<Entry> = []
  /** Taken back by a rewind, waiting to be decided again. */
  #undone: ReadonlyArray<Entry> = []
  /** Waiting for something to be loaded. */
  #waiting: Array<Entry> = []
  readonly #misses: Misses
  #closed: "draining" | "stale-owner" | null = null
  #paused = false
  /** Claims under way: the first is being decided, the others wait for it and will find their key bound, or free. */
  readonly #claims = new Map<string, number>()
  readonly #lines = new Slab<Array<Entry>>()
  readonly draft = new Draft()
  readonly #admission = new Admission()
  readonly #turns: Turns
  readonly #now: () => number
  /** A batch has been taken and is not settled yet. */
  #committing = false
  #betweenBatches: (() => void) | null = null

  constructor(lanes: ReadonlyArray<OwnedLane>, now: () => number) {
    this.lanes = new Map(lanes.map((owned) => [owned.lane, owned]))
    this.#now = now
    this.#misses = new Misses(this.registry, this.mine)
    this.#turns = new Turns(this.registry, this.mine)
  }

  readonly mine = (id: ProductId | OrderId): boolean => this.lanes.has(Lane.of(id))

  /** Commands under way. */
  get queued(): number {
    return this.#admission.underWay
  }

  get abandoned(): boolean {
    return this.#closed === "stale-owner"
  }

  get pending(): number {
    return this.#pending.length
  }

  submit(command: Command, answer: Answering): void {
    const closed = this.#closed ?? (this.#paused ? "database" : null)
    if (closed !== null) return answer(Exit.fail(unavailable(closed)))
    if (!this.#admission.admit(command)) return answer(Exit.fail(unavailable("mailbox-full")))
    const claim = claimNameOf(command)
    const entry: Entry = { command, claim, answer, answered: false, outcome: null, absent: null }
    if (this.#isFirstOfItsClaim(entry)) this.#attempt(entry)
  }

  #isFirstOfItsClaim(entry: Entry): boolean {
    if (entry.claim === null) return true
    const ticket = this.#claims.get(entry.claim)
    const line = ticket === undefined ? undefined : this.#lines.get(ticket)
    if (line === undefined) this.#claims.set(entry.claim, this.#lines.put([entry]))
    else line.push(entry)
    return line === undefined
  }

  /** Whoever came with the same claim goes on, one at a time. */
  #letNextOfClaim(entry: Entry): void {
    const { claim } = entry
    const ticket = claim === null ? undefined : this.#claims.get(claim)
    const line = ticket === undefined ? undefined : this.#lines.get(ticket)
    if (claim === null || line?.[0] !== entry) return
    line.shift()
    if (line.length > 0) return this.#attempt(line[0]!)
    this.#claims.delete(claim)
    this.#lines.take(ticket!)
  }

  /** From now on, and for good, commands are refused for this reason; those under way go on. */
  close(reason: "draining" | "stale-owner"): void {
    this.#closed = reason
  }

  /** Until `resume`: nobody knows what memory is worth, so nothing new is taken on. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
  }

  #attempt(entry: Entry): void {
    if (entry.answered) return
    if (this.abandoned) return this.fail([entry], "stale-owner")
    if (this.#misses.add(entry.command, entry.absent)) {
      this.#waiting.push(entry)
      this.toLoad.notify()
      return
    }
    try {
      entry.outcome = this.#turns.decide(entry.command, this.#now())
    } catch (defect) {
      return this.#answer(entry, Exit.die(defect))
    }
    if (entry.outcome._tag !== "Decision" && this.#sawOnlyDurable(entry)) return this.answerDurable(entry, [])
    this.#pending.push(entry)
    this.draft.add(entry.outcome)
    this.toCommit.notify()
  }

  /** A refusal whose key may be bound already, and then the answer is another: the ledger has to be asked. */
  asks({ claim, command, outcome }: Entry): boolean {
    if (outcome?._tag !== "Refusal" || claim === null) return false
    return isBoundElsewhere(command) || this.knownKeys.mayBeBound(claim)
  }

  /** To be said before a commit that binds it is sent: from then on it may be bound. */
  binds(claim: string): void {
    this.knownKeys.add(claim)
    if (this.knownKeys.isOutgrown) this.keysOutgrown.notify()
  }

  #sawOnlyDurable(entry: Entry): boolean {
    if (this.asks(entry)) return false
    const { command } = entry
    if (command._tag !== "ReadStock") return this.#pending.length === 0 && !this.#committing
    const cell = this.registry.products.get(command.productId)
    return cell === undefined || cell.current === cell.durable
  }

  // --- loading ------------------------------------------------------------------------------------------------------

  /** Everything that is missing, for one load; null: nothing is. */
  takeWanted(): { readonly wanted: Wanted; readonly entries: ReadonlyArray<Entry> } | null {
    if (this.#misses.isEmpty) return null
    const taken = { wanted: this.#misses.take(), entries: this.#waiting }
    this.#waiting = []
    return taken
  }

  loaded(wanted: Wanted, entries: ReadonlyArray<Entry>, loaded: Loaded): void {
    this.registry.admit(wanted, loaded, this.mine)
    const absent = new Set<string>()
    for (const id of wanted.products) if (!this.registry.products.has(id)) absent.add(id)
    for (const id of wanted.orders) if (!this.registry.orders.has(id)) absent.add(id)
    for (const id of wanted.holdsOf) if (!this.registry.holds.has(id)) absent.add(id)
    for (const entry of entries) {
      if (absent.size > 0) entry.absent = new Absent(absent, entry.absent)
      this.#attempt(entry)
    }
  }

  // --- committing ---------------------------------------------------------------------------------------------------

  /** The next entries for one commit, in order: at most BATCH_SIZE_MAX decisions, and what waits between them. */
  takeBatch(): ReadonlyArray<Entry> {
    let decisions = 0
    let end = 0
    for (; end < this.#pending.length; end++) {
      if (this.#pending[end]!.outcome!._tag !== "Decision") continue
      if (decisions === BATCH_SIZE_MAX) break
      decisions++
    }
    this.#committing = true
    return this.#pending.splice(0, end)
  }

  beginDraft(builder: Builder): void {
    this.draft.begin(builder, this.#pending)
  }

  /** The batch that was taken has come to its end, whichever. */
  batchEnded(): void {
    this.#committing = false
    const run = this.#betweenBatches
    this.#betweenBatches = null
    run?.()
  }

  /** Runs this while nothing is on its way to the ledger: at once, or when the batch that was taken has ended. */
  betweenBatches(run: () => void): void {
    if (this.#committing) this.#betweenBatches = run
    else run()
  }

  /** What this entry saw or changed is durable: memory settles and the caller hears. */
  answerDurable(entry: Entry, known: ReadonlyArray<KnownKey>): void {
    const outcome = entry.outcome!
    switch (outcome._tag) {
      case "Decision":
        settle(this.registry, outcome)
        this.#schedule(entry.command)
        return this.#answer(entry, answered(outcome.reply))
      case "Reading":
        return this.#answer(entry, answered(outcome.reply))
      case "Refusal": {
        const bound = known.length === 0 ? undefined : boundTo(claimOf(entry.command), known)
        return bound === undefined ? this.refuse(entry, outcome.rejection) : this.replay(entry, bound)
      }
    }
  }

  /** The key is bound: the stored answer, or a refusal if it was bound to another request. */
  replay(entry: Entry, bound: KnownKey): void {
    const { fingerprint, key } = claimOf(entry.command)!
    if (bound.fingerprint !== fingerprint) return this.refuse(entry, { _tag: "KeyReused", key })
    this.#answer(entry, Exit.succeed({ reply: bound.reply, replayed: true }))
  }

  refuse(entry: Entry, rejection: Rejection): void {
    this.#answer(entry, Exit.fail(new Refused(rejection)))
  }

  fail(entries: ReadonlyArray<Entry>, reason: UnavailableReason, fate: Fate = "undecided"): void {
    for (const entry of entries) this.#answer(entry, Exit.fail(unavailable(reason, fate)))
  }

  die(entry: Entry, defect: unknown): void {
    this.#answer(entry, Exit.die(defect))
  }

  /**
   * Memory goes back to what is durable: everything decided and not committed is taken back. It stays apart until it is
   * decided again: whoever is answered in between may ask for more, and that is decided already.
   */
  rewind(batch: ReadonlyArray<Entry>): void {
    for (const { outcome } of batch) if (outcome?._tag === "Decision") undo(this.registry, outcome)
    for (const { outcome } of this.#pending) if (outcome?._tag === "Decision") undo(this.registry, outcome)
    this.#undone = this.#pending
    this.#pending = []
    this.draft.drop()
  }

  /** After a rewind: these, and all that was decided after them, once more, in the same order. */
  decideAgain(batch: ReadonlyArray<Entry>): void {
    const again = [...batch, ...this.#undone]
    this.#undone = []
    for (const entry of again) {
      entry.outcome = null
      this.#attempt(entry)
    }
  }

  /** No caller is kept waiting: all that is not known to be durable is answered `Unavailable`. `fate`: the batch's. */
  failAll(batch: ReadonlyArray<Entry>, reason: UnavailableReason, fate: Fate): void {
    this.fail(batch, reason, fate)
    this.fail(this.#pending, reason)
    this.fail(this.#waiting, reason)
    this.#waiting = []
    this.#misses.clear()
  }

  /** The lanes are lost: nothing here may be decided or believed any more. */
  abandon(batch: ReadonlyArray<Entry>, fate: Fate): void {
    this.close("stale-owner")
    this.failAll(batch, "stale-owner", fate)
    this.#pending = []
  }

  #answer(entry: Entry, exit: Exit.Exit<Answer, Refused | Unavailable>): void {
    if (entry.answered) return
    entry.answered = true
    this.#admission.release(entry.command)
    entry.answer(exit)
    this.#letNextOfClaim(entry)
    if (this.#admission.underWay === 0) this.becameIdle.notify()
  }

  #schedule(command: Command): void {
    const deadline = deadlineOf(command)
    if (deadline !== null && this.deadlines.add(deadline)) this.deadlineChanged.notify()
  }
}

const answered = (reply: Reply): Exit.Exit<Answer> => Exit.succeed({ reply, replayed: false })

export const decisionsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Decision> =>
  entries.flatMap(({ outcome }) => (outcome?._tag === "Decision" ? [outcome] : []))
