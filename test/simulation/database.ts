/**
 * The database: the memory ledger on a node of its own, reached by messages that take time, get lost, or come too late.
 *
 * A call may be refused before anything happens, lose its answer with the commit done or not, or arrive long after its
 * caller was answered that the outcome is unknown. Outages end all sessions; a partition only hides the database from one process.
 *
 * Law (checked here, at each commit): I10, a committer has the newest epoch of each lane it writes.
 */
import { Cause, Effect, Exit } from "effect"
import * as MemoryCatalog from "../../src/adapters/memory/catalog.ts"
import * as MemoryLedger from "../../src/adapters/memory/ledger.ts"
import * as MemoryOrderBook from "../../src/adapters/memory/order-book.ts"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import * as MemoryUnsettled from "../../src/adapters/memory/unsettled.ts"
import type { Catalog } from "../../src/ports/catalog.ts"
import { unavailable } from "../../src/ports/failures.ts"
import {
  type Batch,
  type CommitResult,
  CommitUnknown,
  type Ledger,
  LedgerDown,
  type OwnedLane,
  Unstorable,
} from "../../src/ports/ledger.ts"
import type { OrderBook } from "../../src/ports/order-book.ts"
import type { UnsettledOrders } from "../../src/ports/unsettled.ts"
import type { Dice } from "./dice.ts"
import type { Journal } from "./journal.ts"
import { Host, Node, type World } from "./world.ts"

/** What befalls a call, each once in so many calls; 0: never. */
export interface Luck {
  readonly refused: number
  readonly lostBefore: number
  readonly lostAfter: number
  readonly late: number
}

export const PEACE: Luck = { refused: 0, lostBefore: 0, lostAfter: 0, late: 0 }

/** What comes from outside was cleaned before it is written. */
export const STORABLE = "no statement is refused for its text"

type Fate = "served" | "refused" | "lost before" | "lost after" | "late"

/** As the Postgres adapter: no answer to a commit for this long, microseconds (as all times here), and the outcome is unknown. */
const COMMIT_PATIENCE = 10_000_000
const READ_PATIENCE = 5_000_000

const down = Exit.fail(new LedgerDown({ detail: "not reached" }))
const unknown = Exit.fail(new CommitUnknown({ detail: "no answer" }))

interface Losing<E> {
  readonly refused: Exit.Exit<never, E>
  readonly lost: Exit.Exit<never, E>
  readonly patience: number
}

const READING: Losing<LedgerDown> = { refused: down, lost: down, patience: READ_PATIENCE }
/** Of what only says whether it was done; a commit of these may have been, and is to be repeated. */
export const LISTING = {
  refused: Exit.fail(unavailable("database")),
  lost: Exit.fail(unavailable("database")),
  patience: READ_PATIENCE,
}
const COMMITTING: Losing<LedgerDown | CommitUnknown> = {
  refused: down,
  lost: unknown,
  patience: COMMIT_PATIENCE,
}

export class Database {
  readonly store = MemoryStore.make()
  readonly node: Node
  readonly world: World
  readonly journal: Journal
  readonly dice: Dice
  luck: Luck = PEACE
  /** No process reaches it. */
  isDown = false
  readonly #partitioned = new Set<Host>()
  /** How often a host was cut off: what was under way then is lost. */
  readonly #cuts = new Map<Host, number>()
  #outages = 0
  /** The newest epoch of each lane. */
  readonly #epochs: Array<number> = []
  /** Commits that are done and whose answer is on its way, by node. */
  readonly #unheard = new Map<Node, number>()
  /** When each tentative hold was to lapse, by order and product, milliseconds since 1970. */
  readonly lapses = new Map<string, number>()
  commits = 0
  /** Whose commit was the last. */
  #lastBy: Host | null = null
  /** Called after each commit that wrote something. */
  onCommit: (batch: Batch, by: Node) => void = () => undefined
  readonly #ledger = MemoryLedger.make(this.store)
  readonly #catalog = MemoryCatalog.make(this.store)
  readonly #orderBook = MemoryOrderBook.make(this.store)
  readonly #unsettled = MemoryUnsettled.make(this.store)

  constructor(world: World, journal: Journal, dice: Dice) {
    this.world = world
    this.journal = journal
    this.dice = dice
    this.node = new Node(world, new Host("database"), "database")
  }

  /** It hears nothing from here, not even that a line was closed. */
  isCutOff(host: Host): boolean {
    return this.#partitioned.has(host)
  }

  cutsOf(host: Host): number {
    return this.#outages + (this.#cuts.get(host) ?? 0)
  }

  goDown(): void {
    this.isDown = true
    this.#outages++
  }

  /** This host does not reach it any more, until `mend`. */
  part(host: Host): void {
    this.#partitioned.add(host)
    this.#cuts.set(host, (this.#cuts.get(host) ?? 0) + 1)
  }

  mend(host: Host): void {
    this.#partitioned.delete(host)
  }

  /** Whether a commit of this node is done and not yet heard of. */
  isUnheard(of: (node: Node) => boolean): boolean {
    return [...this.#unheard].some(([node, count]) => count > 0 && of(node))
  }

  ledger(from: Node): Ledger["Service"] {
    return {
      commit: (batch) => this.#commit(from, batch),
      receiptOf: this.#ledger.receiptOf,
      load: (wanted) =>
        Effect.suspend(() => this.call(from, "load", this.#ledger.load(wanted), READING, this.fate("read"))),
      due: (lanes, since, before, limit) =>
        Effect.suspend(() =>
          this.call(from, "due", this.#ledger.due(lanes, since, before, limit), READING, this.fate("read")),
        ),
      boundKeys: (after, limit) =>
        Effect.suspend(() => this.call(from, "keys", this.#ledger.boundKeys(after, limit), READING, this.fate("read"))),
      raise: (lanes) => {
        const raised = Effect.map(this.#ledger.raise(lanes), (owned) => this.grant(owned))
        return Effect.suspend(() => this.call(from, "raise", raised, READING, this.fate("write")))
      },
    }
  }

  catalog(from: Node): Catalog["Service"] {
    return {
      get: (id) => this.call(from, "product", this.#catalog.get(id), LISTING),
      list: (request) => this.call(from, "products", this.#catalog.list(request), LISTING),
      stock: (request) => this.call(from, "stocks", this.#catalog.stock(request), LISTING),
      movements: (id, request) => this.call(from, "movements", this.#catalog.movements(id, request), LISTING),
    }
  }

  orderBook(from: Node): OrderBook["Service"] {
    return {
      get: (id) => this.call(from, "order", this.#orderBook.get(id), LISTING),
      ofKey: (key) => this.call(from, "order", this.#orderBook.ofKey(key), LISTING),
      list: (request) => this.call(from, "orders", this.#orderBook.list(request), LISTING),
      // An ornament of refusals, on which nothing depends.
      outlook: this.#orderBook.outlook,
    }
  }

  unsettled(from: Node): UnsettledOrders["Service"] {
    return { list: (request) => this.call(from, "unsettled", this.#unsettled.list(request), LISTING) }
  }

  /** New epochs were given out. */
  grant(lanes: ReadonlyArray<OwnedLane>): ReadonlyArray<OwnedLane> {
    for (const { lane, epoch } of lanes) this.#epochs[lane] = epoch
    return lanes
  }

  #commit(from: Node, batch: Batch) {
    // Thrown when it is sent: the fate of one commit is not another's.
    return Effect.suspend(() => {
      const fate = this.fate("commit")
      const done = this.#ledger.commit(batch).pipe(
        Effect.tap((result) => Effect.sync(() => this.#committed(from, batch, result))),
        Effect.tapError((error) =>
          Effect.sync(() => {
            if (error._tag === "StaleOwner") this.#fenced(from, error.detail)
          }),
        ),
      )
      return this.call(from, "commit", done, COMMITTING, fate)
    })
  }

  #fenced(from: Node, detail: string): void {
    this.journal.write("database", `${from.name}: ${detail}`)
    if (this.#lastBy !== null && this.#lastBy !== from.host) this.journal.moment("a stale owner's commit was fenced")
  }

  #committed(from: Node, batch: Batch, result: CommitResult): void {
    const { facts, orders, orderUpdates, movements, keys } = batch
    const what = `${orders.length} placed, ${orderUpdates.length} changed, ${movements.length} moved, ${keys.length} keys`
    this.journal.write(
      "database",
      `${from.name}: ${result._tag}, ${what}, by ${facts.at(-1)?.eventId.slice(14) ?? "-"}`,
    )
    if (result._tag === "Contested") {
      const lapsed = orders.some(({ id }) => result.changedHolds.includes(id))
      if (lapsed) this.journal.moment("a sibling's hold had lapsed before acceptance")
      return
    }
    this.commits++
    this.#lastBy = from.host
    this.#unheard.set(from, (this.#unheard.get(from) ?? 0) + 1)
    for (const { lane, epoch } of batch.lanes)
      if (this.#epochs[lane] !== epoch)
        this.journal.violated([
          `I10 a stale owner cannot commit: ${from.name} wrote lane ${lane} with epoch ${epoch} of ${this.#epochs[lane]}`,
        ])
    for (const { lapsesAt, orderId, productId, state } of batch.holds)
      if (state === "tentative") this.lapses.set(`${orderId} ${productId}`, lapsesAt!)
    this.onCommit(batch, from)
  }

  /** What a call meets, thrown when it is sent. Only a commit may come late: its caller has been answered that the outcome is unknown. */
  fate(what: "read" | "write" | "commit"): Fate {
    const { late, lostAfter, lostBefore, refused } = this.luck
    if (this.dice.oneIn(refused)) return "refused"
    if (what === "read") return "served"
    if (this.dice.oneIn(lostBefore)) return "lost before"
    if (this.dice.oneIn(lostAfter)) return "lost after"
    return what === "commit" && this.dice.oneIn(late) ? "late" : "served"
  }

  /** Whatever comes of it in the end: what shares the statement fails with it. */
  #refusedValue(exit: Exit.Exit<unknown, unknown>): void {
    if (exit._tag === "Success") return
    const trouble = Cause.squash(exit.cause)
    if (trouble instanceof Unstorable) this.journal.violated([`${STORABLE}: ${trouble.detail}`])
    if (trouble instanceof MemoryStore.Unstorable) this.journal.violated([`${STORABLE}: ${trouble.message}`])
  }

  /** Mostly a millisecond or two, sometimes much longer. */
  #delay(): number {
    if (this.dice.oneIn(150)) return this.dice.between(50_000, 900_000)
    return this.dice.oneIn(12) ? this.dice.between(3_000, 40_000) : this.dice.between(60, 2_500)
  }

  /** Asks the database to do something, in one round trip. */
  call<A, E>(
    from: Node,
    what: string,
    served: Effect.Effect<A, E>,
    losing: Losing<E>,
    fate: Fate = "served",
  ): Effect.Effect<A, E> {
    return Effect.callback<A, E>((resume) => {
      const cuts = this.cutsOf(from.host)
      const isCut = () => this.cutsOf(from.host) !== cuts
      const answer = (exit: Exit.Exit<A, E>, delay: number) => void this.world.post(from, delay, () => resume(exit))
      if (fate !== "served")
        this.journal.fault(`${what} ${fate === "refused" ? "refused" : `answer ${fate}`}`, from.name)
      if (fate === "refused" || this.isDown) return answer(losing.refused, this.#delay())
      if (this.#partitioned.has(from.host)) return answer(losing.lost, losing.patience)
      if (fate === "lost before") return answer(losing.lost, this.#delay())
      const heard = (exit: Exit.Exit<A, E>) => {
        this.world.post(from, this.#delay(), () => {
          if (what === "commit") this.#unheard.set(from, 0)
          if (isCut()) this.journal.fault(`${what} answer lost in a cut`, from.name)
          resume(isCut() || fate !== "served" ? losing.lost : exit)
        })
      }
      if (fate === "late") answer(losing.lost, this.#delay())
      const travel = fate === "late" ? this.#delay() + this.dice.between(0, 400_000) : this.#delay()
      this.world.post(this.node, travel, () => {
        if (isCut()) return answer(losing.lost, this.isDown ? this.#delay() : losing.patience)
        this.node.fork(served).addObserver((exit) => {
          this.#refusedValue(exit)
          if (fate !== "late") heard(exit)
        })
      })
    })
  }
}
