/**
 * One simulated run: a seed becomes a shop, a crowd and a storm, in this thread and in virtual time.
 *
 *     safety    people trade while everything goes wrong; the standing laws are checked again and again
 *     heal      the faults stop, what was stopped is started
 *     liveness  everyone gets an answer, every hold ends, every charge is settled, every refund is made
 *
 * Law: the same seed is the same run, to the last event (`history` is its digest).
 */
import { createHash } from "node:crypto"
import * as MemoryStore from "../../src/adapters/memory/store.ts"
import type { OrderId } from "../../src/domain/ids.ts"
import { available } from "../../src/domain/stock.ts"
import type { Batch } from "../../src/ports/ledger.ts"
import { StockMirror } from "../support/stock-mirror.ts"
import * as Ambush from "./ambush.ts"
import { SimulatedCarrier } from "./carrier.ts"
import { Crowd } from "./crowd.ts"
import { Database } from "./database.ts"
import { Dice } from "./dice.ts"
import { HungUp } from "./hung-up.ts"
import { SimulatedImports } from "./imports.ts"
import { type Counts, Journal } from "./journal.ts"
import * as Judge from "./judge.ts"
import { Leases } from "./lease.ts"
import { Machines } from "./mischief.ts"
import { Provider } from "./provider.ts"
import { Records } from "./records.ts"
import { RelaySessions } from "./relay-sessions.ts"
import * as Scenario from "./scenario.ts"
import type { Outside } from "./service.ts"
import * as ShippingJudge from "./shipping-judge.ts"
import { Stream } from "./stream.ts"
import { Trade } from "./trade.ts"
import { Witness } from "./witness.ts"
import { Host, Node, World } from "./world.ts"

export interface Run {
  readonly seed: number
  readonly theme: string
  /** Each begins with the name of the check that found it. */
  readonly violations: ReadonlyArray<string>
  /** Dangerous moments that happened, by name. */
  readonly moments: Counts
  /** Faults that fired, by kind. */
  readonly faults: Counts
  /** What shoppers were answered, by kind. */
  readonly outcomes: Counts
  /** Digest of the whole history, books included: equal for equal seeds. */
  readonly history: string
  /** The history itself, a line an event. */
  readonly lines: ReadonlyArray<string>
}

/** Microseconds. */
const SECOND = 1_000_000

/** Longer than anything may take once there is peace: a hold, its grace, and a patient payment driver several times over. */
const PEACE_MAX = 120 * SECOND

/** After the storm, before any answer may be called late: processes start, lanes are taken, deadlines are read. */
const CALM_MS = 20_000

/** So many who want the last unit are a rush. */
const RUSH = 100

/** Unpaid holds are waited for in the calm if they end within this, milliseconds: longer ones would cost every run time. */
const UNPAID_HOLD_MAX_MS = 2_000

/** The books are looked at after one commit in so many. */
const LOOK_AT = 10

class Simulation {
  readonly dice: Dice
  readonly world: World
  readonly journal: Journal
  readonly scenario: Scenario.Scenario
  readonly database: Database
  readonly provider: Provider
  readonly carrier: SimulatedCarrier
  readonly machines: Machines
  readonly crowd: Crowd
  readonly trade: Trade
  readonly witness: Witness
  readonly hungUp: HungUp
  readonly imports: SimulatedImports
  readonly stream: Stream
  readonly mirror = new StockMirror()
  #isStorm = false

  constructor(seed: number) {
    // Neighbouring seeds are to be strangers to each other.
    this.dice = new Dice(Math.imul(seed, 0x9e3779b1) ^ 0x5eed)
    this.world = new World(this.dice.split())
    this.journal = new Journal(this.world)
    this.scenario = Scenario.of(seed, this.dice.split())
    this.database = new Database(this.world, this.journal, this.dice.split())
    this.provider = new Provider(this.world, this.journal, this.dice.split())
    const seeds = this.dice.split()
    this.witness = new Witness(this.journal, this.database.store)
    this.stream = new Stream(this.world, this.journal, this.dice.split(), this.witness)
    const { orders } = this.database.store
    const services = () => this.machines.services
    this.carrier = new SimulatedCarrier(this.world, this.journal, this.dice.split(), orders, services)
    this.hungUp = new HungUp(this.journal, this.database.store)
    const importDice = new Dice(seed)
    this.imports = new SimulatedImports(this.database, this.journal, importDice)
    const outside: Outside = {
      hungUp: this.hungUp,
      imports: this.imports,
      carrier: this.carrier,
      world: this.world,
      journal: this.journal,
      database: this.database,
      leases: new Leases(this.database),
      provider: this.provider,
      nextSeed: () => seeds.below(2 ** 31),
      relays: new RelaySessions(this.database, this.witness),
      records: new Records(this.database, this.witness),
      stream: this.stream,
    }
    this.machines = new Machines(outside, this.scenario, this.dice.split())
    this.crowd = new Crowd(
      this.world,
      this.journal,
      this.dice.split(),
      this.database.store,
      () => this.machines.services,
    )
    this.trade = new Trade(this.crowd, this.dice.split(), this.scenario, () => this.machines.services[0]!.main.wallMs)
    const looks = this.dice.split()
    this.machines.onFreeze = (forMs) => this.trade.askMeanwhile(forMs)
    const ambush = Ambush.lay(this.scenario.ambush, this.machines, this.dice.split())
    this.database.onCommit = (batch, by) => {
      this.#notice(batch)
      this.witness.committed(batch)
      if (this.#isStorm) ambush.onCommit(batch, by)
      if (looks.oneIn(LOOK_AT)) this.look()
    }
    outside.records.onHandled = (by) => this.#isStorm && ambush.onStep(by)
    this.stream.onTaken = (by) => this.#isStorm && ambush.onStep(by)
    this.provider.onBarred = (ref) => this.journal.violated(Judge.barredRashly(orders.get(ref as OrderId)))
    const warehouse = new Node(this.world, new Host("warehouse"), "warehouse")
    this.world.post(warehouse, 0, () => warehouse.fork(this.stream.source(warehouse).consume(this.mirror.handler)))
  }

  /** What is dangerous about a commit that was just done. */
  #notice({ orderUpdates, stocks }: Batch): void {
    for (const { productId, stock } of stocks)
      if (available(stock) === 0 && this.crowd.wanting(productId) >= RUSH)
        this.journal.moment(`the last unit wanted by ${RUSH} or more`)
    for (const { order } of orderUpdates)
      if (order.status === "expired" && this.crowd.isPaying(order.id)) this.journal.moment("an expiry raced a payment")
    this.journal.violated(
      ShippingJudge.rashly(
        orderUpdates.map(({ order }) => order),
        this.carrier,
      ),
    )
  }

  look(): void {
    const { holdsPerCustomer } = this.scenario.settings
    this.journal.violated(Judge.standing(this.database.store, holdsPerCustomer, this.provider.accounts))
  }

  /** People come when the shelves are up. */
  open(): void {
    this.trade.openShelves()
    this.world.runUntil(60 * SECOND, () => this.crowd.waiting === 0 && this.crowd.wishes.length > 0)
  }

  storm(): void {
    const { carrierMoods, hasty, imports, luck, mischief, moods, pace, streamLuck, tradeMs, twice } = this.scenario
    this.database.luck = luck
    this.stream.luck = streamLuck
    this.provider.moods = moods
    this.provider.pace = pace
    this.carrier.moods = carrierMoods
    this.crowd.twice = twice
    this.crowd.hasty = hasty
    this.#isStorm = true
    this.trade.begin()
    for (const { atMs, what } of mischief)
      this.world.post(this.database.node, atMs * 1_000, () => {
        this.machines.do(what)
        this.look()
      })
    for (let file = 0; file < imports; file++)
      this.world.post(this.database.node, ((file * tradeMs) / imports) * 1_000, () => this.imports.receive())
    this.world.runUntil(this.world.now + tradeMs * 1_000)
  }

  /** Until no process has anything left to do. */
  peace(): { readonly calmFrom: number; readonly peace: string } {
    const from = this.world.now
    this.#isStorm = false
    this.journal.write("peace", "no more faults")
    this.crowd.twice = 0
    this.crowd.hasty = 0
    this.machines.heal()
    const calmFrom = this.machines.latestWallMs + CALM_MS
    this.world.post(this.database.node, 5 * SECOND, () => this.trade.tryAgain())
    // Holds that end by themselves once it is calm have to do so on time.
    const last = this.scenario.settings.holdMs <= UNPAID_HOLD_MAX_MS ? CALM_MS + 1_000 : 0
    if (last > 0) this.world.post(this.database.node, last * 1_000, () => this.trade.leaveUnpaid())
    const { open, shipments, tentative } = this.database.store
    const isQuiet = () =>
      this.world.now > from + Math.max(8 * SECOND, last * 1_000) &&
      this.crowd.waiting === 0 &&
      open.size === 0 &&
      tentative.size === 0 &&
      !this.carrier.isBusy &&
      this.witness.isQuiet &&
      this.imports.isQuiet &&
      [...shipments.values()].every(({ nextAttemptAt }) => nextAttemptAt === null)
    this.world.runUntil(from + PEACE_MAX, isQuiet)
    // What is still on its way may come, and may find nothing to do.
    this.world.runUntil(this.world.now + 2 * SECOND)
    return { calmFrom, peace: `${Math.round((this.world.now - from) / SECOND)} s` }
  }

  run(): void {
    this.open()
    this.storm()
    const { calmFrom, peace } = this.peace()
    const { lapses, store } = this.database
    const { accounts: charges } = this.provider
    this.journal.violated(Judge.settled({ store, crowd: this.crowd, charges, lapses, calmFrom, peace }))
    this.journal.violated(this.witness.settled())
    this.journal.violated(this.hungUp.settled())
    this.journal.violated(this.imports.settled())
    this.journal.violated(ShippingJudge.brokenShipping(store, this.carrier))
    this.journal.violated(Judge.mirrored(this.mirror, store))
    const { facts, keys, orders } = MemoryStore.snapshot(store)
    this.journal.write("books", createHash("sha256").update(JSON.stringify({ facts, keys, orders })).digest("hex"))
  }
}

/** Never throws: a run that breaks off is a violation. */
export const simulate = async (seed: number): Promise<Run> => {
  const simulation = new Simulation(seed)
  const { journal, scenario } = simulation
  journal.write("seed", `${seed}: ${JSON.stringify(scenario)}`)
  try {
    simulation.run()
  } catch (error) {
    journal.violated([`the simulation breaks off: ${error instanceof Error ? error.stack : String(error)}`])
  }
  const { digest, faults, lines, moments, outcomes, violations } = journal
  return { seed, theme: scenario.theme, violations, moments, faults, outcomes, history: digest, lines }
}
