/**
 * An HTTP thread's own end: a shop, a probe and a metrics page that are really the main thread's, and a readiness that
 * follows the main thread's. Everything that is decided is decided there; here requests are read and answers written.
 */
import { parentPort, workerData } from "node:worker_threads"
import { Deferred, Effect, type Exit, Layer, type Scope, SubscriptionRef } from "effect"
import { ConsoleFeed, type View } from "../../../app/console/console-feed.ts"
import { DeadLetters } from "../../../app/dead-letters.ts"
import { Readiness, type State } from "../../../app/health.ts"
import { ImportDesk } from "../../../app/imports/import-desk.ts"
import type { Part } from "../../../app/parts.ts"
import { PauseBoard, Pausing } from "../../../app/pausing.ts"
import { Reconciling } from "../../../app/reconciliation.ts"
import { Dependencies, type Status } from "../../../app/resilience/dependencies.ts"
import { Shop } from "../../../app/shop.ts"
import { Feed, StockFeed } from "../../../app/stock-feed.ts"
import type { Unavailable } from "../../../ports/failures.ts"
import type { Refused } from "../../../ports/inventory.ts"
import { AtLeast, text } from "../../../ports/position.ts"
import { Probe } from "../../../ports/probe.ts"
import { Profiler, type Taken } from "../../../ports/profiler.ts"
import type { Address } from "../../../std/listen.ts"
import { Slab } from "../../../std/slab.ts"
import { Bundle } from "../bundle.ts"
import { fromPlain } from "../inventory/messages.ts"
import { Portions } from "../portions.ts"
import type { Bound, Exposition, FromHttp, HttpBirth, Pages, Question, ToHttp } from "./messages.ts"

/** What this thread was started with (`workerData`). */
export const birth = (): HttpBirth => workerData as HttpBirth

type Answering = (exit: Exit.Exit<unknown, Refused | Unavailable>) => void

const callers = new Slab<Answering>()
const bundle = new Bundle<FromHttp>((things) => parentPort!.postMessage(JSON.stringify(things)))

/** When the caller hangs up the main thread is notified: it carries calls with a key to their end and stops the others. */
const ask = (
  question: Question,
  args: ReadonlyArray<unknown>,
  position?: string,
): Effect.Effect<unknown, Refused | Unavailable> =>
  Effect.callback((resume) => {
    const id = callers.put(resume)
    bundle.add({
      _tag: "Called",
      call: position === undefined ? { id, question, args } : { id, question, args, position },
    })
    return Effect.sync(() => {
      if (callers.take(id) !== undefined) bundle.add({ _tag: "Abandoned", id })
    })
  })

type Entries = Shop["Service"]

/** Arguments and answers of every entry are plain data. */
const remote = <Entry extends keyof Entries>(entry: Entry): Entries[Entry] =>
  ((...args: ReadonlyArray<unknown>) => ask(entry, args)) as unknown as Entries[Entry]

/** The same for what may be read from a replica. */
const remoteRead = <Entry extends keyof Entries>(entry: Entry): Entries[Entry] =>
  ((...args: ReadonlyArray<unknown>) =>
    Effect.flatMap(AtLeast, (position) =>
      ask(entry, args, position === null ? undefined : text(position)),
    )) as unknown as Entries[Entry]

export const shop = Layer.succeed(Shop, {
  createProduct: remote("createProduct"),
  getProduct: remote("getProduct"),
  editProduct: remote("editProduct"),
  countView: remote("countView"),
  readViews: remote("readViews"),
  browseProducts: remoteRead("browseProducts"),
  listProducts: remoteRead("listProducts"),
  listStock: remoteRead("listStock"),
  readStock: remote("readStock"),
  readOutlook: remote("readOutlook"),
  receiveStock: remote("receiveStock"),
  adjustStock: remote("adjustStock"),
  listMovements: remoteRead("listMovements"),
  placeOrder: remote("placeOrder"),
  getOrder: remoteRead("getOrder"),
  findByKey: remoteRead("findByKey"),
  chargeEta: remote("chargeEta"),
  listOrders: remoteRead("listOrders"),
  payOrder: remote("payOrder"),
  explainOrder: remote("explainOrder"),
  explainRequest: remote("explainRequest"),
  readTimeline: remoteRead("readTimeline"),
  hearCarrier: remote("hearCarrier"),
  hearPayment: remote("hearPayment"),
  abandonOrder: remote("abandonOrder") as Entries["abandonOrder"],
  cancelOrder: remote("cancelOrder"),
})

const feed = new Feed()
// For good: the main thread knows which lanes there are.
feed.begin((productId, isWatched) => bundle.add({ _tag: "Watched", productId, isWatched }))
export const stockFeed = Layer.succeed(StockFeed, feed)

/** What happens here is counted in the main thread. */
export const probe = Layer.succeed(Probe, { emit: (happening) => bundle.add({ _tag: "Happened", happening }) })

export const parts: Effect.Effect<ReadonlyArray<Part>> = Effect.orDie(ask("parts", [])) as Effect.Effect<
  ReadonlyArray<Part>
>

export const dependencies = Layer.succeed(Dependencies, {
  // Guards are made in the main thread.
  add: () => undefined,
  report: Effect.orDie(ask("dependencies", [])) as Effect.Effect<ReadonlyArray<Status>>,
  order: (...args) => Effect.orDie(ask("order", args)) as Effect.Effect<Status | null>,
})

export const consoleFeed = Layer.succeed(ConsoleFeed, {
  view: (since) => Effect.orDie(ask("console", [since])) as Effect.Effect<View | null>,
})

export const profiler = Layer.succeed(Profiler, {
  take: (wanted) => Effect.orDie(ask("profile", [wanted])) as Effect.Effect<Taken>,
})

const pauses = new PauseBoard()

/** Orders are refused in the main thread, where they are placed. */
export const pausing = Layer.succeed(Pausing, {
  refusal: () => null,
  watch: pauses.watch,
  list: Effect.orDie(ask("paused", [])) as Pausing["list"],
  pause: (...args) => ask("pause", args) as ReturnType<Pausing["pause"]>,
  resume: (...args) => ask("resume", args) as ReturnType<Pausing["resume"]>,
})

export const deadLetters = Layer.succeed(DeadLetters, {
  groups: ask("deadLetters", []) as DeadLetters["groups"],
  replayGroup: (request) => ask("replayGroup", [request]) as ReturnType<DeadLetters["replayGroup"]>,
})

export const reconciling = Layer.succeed(Reconciling, {
  begin: (request) => ask("reconcile", [request]) as ReturnType<Reconciling["begin"]>,
  state: Effect.orDie(ask("reconciliation", [])) as Reconciling["state"],
})

export const importDesk = Layer.succeed(ImportDesk, {
  begin: (...args) => ask("importBegin", args) as ReturnType<ImportDesk["begin"]>,
  put: (...args) => ask("importPut", args) as ReturnType<ImportDesk["put"]>,
  accept: (...args) => ask("importAccept", args) as ReturnType<ImportDesk["accept"]>,
  drop: (...args) => ask("importDrop", args) as ReturnType<ImportDesk["drop"]>,
  get: (...args) => ask("importGet", args) as ReturnType<ImportDesk["get"]>,
  rows: (...args) => ask("importRows", args) as ReturnType<ImportDesk["rows"]>,
})

export const metrics: Pages["metrics"] = (format) => Effect.orDie(ask("metrics", [format])) as Effect.Effect<Exposition>

/** Waits for its address, listens there, and serves until drained. */
export const serve = Effect.fnUntraced(function* (
  listen: (address: Address) => Effect.Effect<Bound, { readonly message: string }, Readiness | Scope.Scope>,
) {
  const address = yield* Deferred.make<Address>()
  const drained = yield* Deferred.make<void>()
  const readiness = yield* SubscriptionRef.make<State>("starting")
  const hear = (message: ToHttp): void => {
    switch (message._tag) {
      case "Answered":
        return callers.take(message.id)?.(fromPlain(message.exit))
      case "Readiness":
        return Effect.runSync(SubscriptionRef.set(readiness, message.state))
      case "Listen":
        Deferred.doneUnsafe(address, Effect.succeed(message.address))
        return
      case "Stock":
        return feed.changed([message.stock])
      case "Paused":
        return pauses.put(message.pauses)
      case "StockEnded":
        return feed.endOf(message.productId)
      case "Drain":
        Deferred.doneUnsafe(drained, Effect.void)
        return
    }
  }
  const hearing = new Portions(hear)
  parentPort!.on("message", (text: string) => hearing.add(JSON.parse(text) as ReadonlyArray<ToHttp>))
  const end = Deferred.await(drained)
  const serving = Effect.flatMap(Deferred.await(address), listen).pipe(
    Effect.tap((bound) => Effect.sync(() => bundle.add({ _tag: "Listening", bound }))),
    Effect.andThen(end),
    Effect.scoped,
    Effect.catch(({ message }) => Effect.sync(() => bundle.add({ _tag: "CannotListen", message }))),
    Effect.provideService(Readiness, readiness),
  )
  // A drain that arrives before the address ends the thread at once.
  yield* Effect.raceFirst(
    serving,
    Effect.andThen(
      end,
      Effect.suspend(() => (Deferred.isDoneUnsafe(address) ? Effect.never : Effect.void)),
    ),
  )
  bundle.flush()
  parentPort!.close()
})
