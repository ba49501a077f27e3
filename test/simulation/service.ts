/**
 * A service: one process with the shop's own application in it, from its start to its death. What it reaches (database,
 * lease, provider) lies outside and outlives it; a new process of the same name starts from what is durable.
 */
import { Cause, Context, Effect, Exit, Layer, Scope, Stream as Streams, SubscriptionRef } from "effect"
import * as Claims from "../../src/adapters/http/idempotency.ts"
import type * as Problems from "../../src/adapters/http/problems.ts"
import * as CarrierCalls from "../../src/app/carrier-calls.ts"
import * as CarrierCallbacks from "../../src/app/carrier-webhook.ts"
import * as CheckoutRunner from "../../src/app/checkout-runner.ts"
import { Readiness } from "../../src/app/health.ts"
import { Arrived } from "../../src/app/imports/import-arrived.ts"
import * as ImportRunner from "../../src/app/imports/import-runner.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import * as Ownership from "../../src/app/inventory/ownership.ts"
import { Traffic } from "../../src/app/overload/traffic.ts"
import * as PaymentCalls from "../../src/app/payment-calls.ts"
import * as Dependencies from "../../src/app/resilience/dependencies.ts"
import type { Settings as Guarding } from "../../src/app/resilience/guard.ts"
import * as ShippingRunner from "../../src/app/shipping-runner.ts"
import { type Replayable, Shop } from "../../src/app/shop.ts"
import * as Shopkeeper from "../../src/app/shopkeeper.ts"
import * as Webhooks from "../../src/app/webhooks.ts"
import { type Callback, Carrier, CarrierNews } from "../../src/ports/carrier.ts"
import { Catalog } from "../../src/ports/catalog.ts"
import { Explanations } from "../../src/ports/explanations.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import { Ids } from "../../src/ports/ids.ts"
import { Imports } from "../../src/ports/imports.ts"
import { Inbox } from "../../src/ports/inbox.ts"
import type { Claim, Refused } from "../../src/ports/inventory.ts"
import { Lease } from "../../src/ports/lease.ts"
import { Ledger } from "../../src/ports/ledger.ts"
import { OrderBook } from "../../src/ports/order-book.ts"
import { type Capture, Payment } from "../../src/ports/payment.ts"
import { type Happening, Probe } from "../../src/ports/probe.ts"
import { Shipments } from "../../src/ports/shipments.ts"
import { Timeline } from "../../src/ports/timeline.ts"
import { UnsettledOrders } from "../../src/ports/unsettled.ts"
import { Notify } from "../../src/std/notify.ts"
import * as MemoryIds from "../support/counting-ids.ts"
import { guard } from "../support/guard.ts"
import type { SimulatedCarrier } from "./carrier.ts"
import type { Database } from "./database.ts"
import { FactsThread } from "./facts.ts"
import type { HungUp } from "./hung-up.ts"
import type { SimulatedImports } from "./imports.ts"
import type { Journal } from "./journal.ts"
import type { Leases } from "./lease.ts"
import type { Provider } from "./provider.ts"
import type { Records } from "./records.ts"
import type { RelaySessions } from "./relay-sessions.ts"
import type { Stream } from "./stream.ts"
import * as Threads from "./threads.ts"
import { Host, Node, type World } from "./world.ts"

/** The service's own guards, with times that fit into the seconds that a simulation lasts. */
const guarding = (dependency: "payment" | "carrier", timeoutMs: number): Guarding => {
  const settings = guard(dependency)
  const times = { slowMs: timeoutMs - 100, openMs: 100, openMaxMs: 800, probeMs: timeoutMs + 200 }
  return { ...settings, timeoutMs, breaker: { ...settings.breaker, calls: 10, minCalls: 4, ...times } }
}

/** No import is forgotten before it is judged. */
const RETENTION_MS = 3_600_000

/** One call to the carrier. */
const CARRIER_TIMEOUT_MS = 800

export interface Outside {
  readonly world: World
  readonly journal: Journal
  readonly database: Database
  readonly hungUp: HungUp
  readonly imports: SimulatedImports
  readonly leases: Leases
  readonly relays: RelaySessions
  readonly records: Records
  readonly stream: Stream
  readonly provider: Provider
  readonly carrier: SimulatedCarrier
  /** Seeds of ids. */
  readonly nextSeed: () => number
}

export interface Settings {
  readonly workers: number
  /** Workers on threads that may die by themselves, or all in the main thread. */
  readonly threads: "own" | "main"
  readonly deadlineMs: number
  readonly holdMs: number
  readonly graceMs: number
  /** When the money of an order is taken. */
  readonly capture: Capture
  readonly shippingAfterMs: number
  readonly giveUpMs: number
  /** Unpaid holds of a product that a customer may have; 0: any number. */
  readonly holdsPerCustomer: number
  /** Whether files of rows are worked. */
  readonly imports: "worked" | "none"
}

export type Failure = Refused | Unavailable | Problems.Problem

interface Begun {
  readonly lost: () => void
}

export class Service {
  readonly host: Host
  readonly main: Node
  /** Also those of earlier crews. */
  readonly threads: Array<Threads.Thread> = []
  readonly facts: FactsThread
  /** Imports yield to it. */
  readonly traffic: Traffic = { requests: 0 }
  readonly #outside: Outside
  readonly #scope = Scope.makeUnsafe()
  readonly #begun = new Set<Begun>()
  #claims: Claims.InFlight | null = null
  #context: Context.Context<Shop | Readiness | CarrierCallbacks.CarrierCallbacks> | null = null
  #closing = false

  constructor(outside: Outside, settings: Settings, name: string) {
    this.#outside = outside
    this.host = new Host(name)
    this.main = new Node(outside.world, this.host, name)
    const boot = Effect.gen({ self: this }, function* () {
      this.#context = yield* Layer.build(layerOf(this, outside, settings))
    })
    outside.journal.write(name, "starts")
    const { records, stream, relays } = outside
    const { shippingAfterMs } = settings
    const emit = (happening: Happening) => observe(outside.journal, `${name}.facts`, happening)
    this.facts = new FactsThread({ main: this.main, relays, records, stream, shippingAfterMs, emit })
    outside.world.post(this.main, 0, () => {
      this.#claims = Claims.inFlight({ emit: () => undefined })
      this.main.fork(Scope.provide(boot, this.#scope))
    })
  }

  get isDead(): boolean {
    return this.host.state === "dead"
  }

  get nodes(): ReadonlyArray<Node> {
    return [this.main, this.facts.node, ...this.threads.map(({ node }) => node)]
  }

  get isOpen(): boolean {
    return this.#context !== null && !this.#closing && this.host.state !== "dead"
  }

  /** See `Leases.isUnaware`. */
  get isUnaware(): boolean {
    return this.#outside.leases.isUnaware(this.host)
  }

  /** As its readiness says. */
  get isReady(): boolean {
    return this.isOpen && this.#outside.leases.holder === this.host
  }

  /**
   * A request as it comes in: answered once, or `lost` when the process dies first. To be called on its main node. Gives what
   * to do when the caller hangs up.
   */
  handle<A extends Replayable<unknown>>(
    claim: Claim | null,
    ask: (shop: Shop["Service"]) => Effect.Effect<A, Refused | Unavailable>,
    answered: (exit: Exit.Exit<A, Failure>) => void,
    lost: () => void,
  ): () => void {
    if (!this.isOpen) {
      lost()
      return () => undefined
    }
    this.traffic.requests++
    const begun: Begun = { lost }
    this.#begun.add(begun)
    const shop = Context.get(this.#context!, Shop)
    const fiber = this.main.fork(this.#claims!.once(claim, ask(shop)))
    fiber.addObserver((exit) => {
      this.#begun.delete(begun)
      answered(exit)
    })
    return () => {
      // What was answered is over: another request may have the key by now.
      if (!this.#begun.has(begun)) return
      fiber.interruptUnsafe()
      if (claim?.route === "orders") this.main.fork(shop.abandonOrder(claim.key))
    }
  }

  /** The carrier calls; to be called on its main node. Nothing is said when it dies meanwhile. */
  hear(callback: Callback, heard: (outcome: string) => void): void {
    if (!this.isOpen) return heard("unavailable")
    const callbacks = Context.get(this.#context!, CarrierCallbacks.CarrierCallbacks)
    this.main.fork(callbacks.hear(callback)).addObserver((exit) => {
      if (Exit.isSuccess(exit)) return heard(exit.value)
      const error = Cause.squash(exit.cause) as Refused | Unavailable | Error
      if (!("_tag" in error)) this.#outside.journal.violated([`a callback of the carrier broke: ${String(error)}`])
      heard("_tag" in error && error._tag === "Refused" ? "refused" : "unavailable")
    })
  }

  /** It dies, at once: nothing of it goes on, and its callers have lost their connections. */
  kill(): void {
    const { database, journal, leases, relays, world } = this.#outside
    if (database.isUnheard((node) => node.host === this.host))
      journal.moment("a process died between COMMIT and its answer")
    this.host.state = "dead"
    for (const { lost } of this.#begun) lost()
    this.#begun.clear()
    // The system closes its sockets; a machine that loses its power sends nothing, the server finds out by itself.
    if (world.dice.below(3) === 0) return
    world.post(database.node, world.dice.between(200, 15_000), () => {
      leases.endAll((host) => host === this.host)
      relays.endAll((host) => host === this.host)
    })
  }

  killThread(thread: Threads.Thread): void {
    const { database, journal } = this.#outside
    if (database.isUnheard((node) => node === thread.node))
      journal.moment("a worker died between COMMIT and its answer")
    thread.kill()
  }

  /** It is asked to stop: it answers what it has begun, commits, hands over, and ends. */
  stop(stopped: () => void): void {
    const { world } = this.#outside
    world.post(this.main, 0, () => {
      if (this.#context === null) return this.#end(stopped)
      this.#closing = true
      this.main.fork(SubscriptionRef.set(Context.get(this.#context, Readiness), "draining"))
      const finish = (patience: number): void => {
        if (this.#begun.size > 0 && patience > 0) return void world.post(this.main, 50_000, () => finish(patience - 1))
        this.main
          .fork(Scope.close(this.#scope, Exit.void))
          .addObserver(() => this.facts.drain(() => this.#end(stopped)))
      }
      finish(200)
    })
  }

  #end(stopped: () => void): void {
    this.kill()
    stopped()
  }
}

const layerOf = (service: Service, outside: Outside, settings: Settings) => {
  const { carrier, database, hungUp, journal, leases, nextSeed, provider, records } = outside
  const { main } = service
  const { capture, deadlineMs, giveUpMs, graceMs, holdMs, holdsPerCustomer, threads, workers } = settings
  const emit = (happening: Happening) => {
    if (happening._tag === "BatchCommitted") service.facts.wake()
    observe(journal, main.name, happening)
  }
  const crew =
    threads === "main"
      ? Layer.provide(
          hungUp.watched(LocalWorkers.layer),
          Layer.succeed(LocalWorkers.HoldsPerCustomer, holdsPerCustomer),
        )
      : Threads.layer({
          ...{ main, database, nextSeed, holdsPerCustomer, hungUp },
          onThread: (thread) => service.threads.push(thread),
        })
  return Layer.effectDiscard(Ownership.Ownership.use(({ begin }) => begin)).pipe(
    Layer.provideMerge(Shopkeeper.layer({ deadlineMs, holdMs, attemptsMax: 3 })),
    Layer.provideMerge(
      Layer.mergeAll(
        Webhooks.layer,
        ShippingRunner.layer({ giveUpMs }),
        settings.imports === "none" ? Layer.empty : importsOf(service, outside),
      ),
    ),
    Layer.provide(Layer.provide(CarrierCalls.layer(guarding("carrier", CARRIER_TIMEOUT_MS)), Dependencies.layer)),
    Layer.provideMerge(CheckoutRunner.layer({ graceMs, capture })),
    Layer.provide(Layer.provide(PaymentCalls.layer(guarding("payment", deadlineMs)), Dependencies.layer)),
    Layer.provideMerge(Ownership.layer(workers)),
    Layer.provideMerge(crew),
    Layer.provideMerge(
      Layer.mergeAll(
        Layer.succeed(Ledger, database.ledger(main)),
        Layer.succeed(Catalog, database.catalog(main)),
        // No part of a simulation asks.
        Layer.succeed(Explanations, { order: () => Effect.succeed(null) }),
        Layer.succeed(OrderBook, database.orderBook(main)),
        Layer.succeed(UnsettledOrders, database.unsettled(main)),
        Layer.succeed(Lease, leases.of(main)),
        Layer.succeed(Payment, provider.payment(main)),
        Layer.succeed(Probe, { emit }),
        Layer.succeed(Ids, MemoryIds.make(nextSeed())),
        Layer.succeed(Carrier, carrier.carrier(main)),
        Layer.succeed(Shipments, records.shipments(main)),
        Layer.succeed(Inbox, records.inbox(main)),
        // This carrier calls from outside.
        Layer.succeed(CarrierNews, { callbacks: Streams.never }),
        Layer.succeed(Timeline, { entries: () => Effect.succeed([]) }),
        Readiness.layer,
      ),
    ),
  )
}

const importsOf = ({ main, traffic }: Service, { imports }: Outside) =>
  Layer.provide(
    ImportRunner.layer({ retentionMs: RETENTION_MS }),
    Layer.mergeAll(
      Layer.succeed(Imports, imports.of(main)),
      Layer.succeed(Traffic, traffic),
      Layer.sync(Arrived, () => new Notify()),
    ),
  )

const observe = (journal: Journal, name: string, happening: Happening): void => {
  switch (happening._tag) {
    case "WorkerMeasured":
    case "LeaseMeasured":
    case "RequestAnswered":
    case "FactsRelayed":
    case "EventsHandled":
      return
    case "BatchCommitted": {
      const { decisions } = happening
      if (decisions === 1) journal.moment("a batch of 1")
      if (decisions >= 64) journal.moment("a batch of 64 or more")
      return
    }
    case "ShipmentEnded":
      return journal.moment(`a shipment ended: ${happening.outcome}`)
    case "CommitFenced":
      return journal.moment("an owner was fenced")
    default:
      journal.write(name, JSON.stringify(happening))
  }
}
