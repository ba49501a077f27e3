/**
 * Worker threads, each on a node of its own, behind links that take time: the protocol of `adapters/threads`. One message
 * after another on each link; between links there is no order. A thread that dies is replaced after its epochs were raised.
 */
import { Context, Deferred, Effect, Exit, FiberSet, Layer, Schedule, Scope } from "effect"
import { fromPlain, toPlain } from "../../src/adapters/threads/inventory/messages.ts"
import { addressesOf } from "../../src/app/inventory/commands.ts"
import * as LocalWorkers from "../../src/app/inventory/local-workers.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { unavailable } from "../../src/ports/failures.ts"
import { Ids } from "../../src/ports/ids.ts"
import type { Command } from "../../src/ports/inventory.ts"
import { Ledger, type OwnedLane } from "../../src/ports/ledger.ts"
import { Probe } from "../../src/ports/probe.ts"
import { type Answering, type CommittedStock, type Listening, type Worker, Workers } from "../../src/ports/workers.ts"
import * as MemoryIds from "../support/counting-ids.ts"
import type { Database } from "./database.ts"
import type { HungUp } from "./hung-up.ts"
import { Node } from "./world.ts"

const RESTART = "200 millis"

/** One direction of a link: what is sent later does not come earlier. */
export class Wire {
  readonly #from: Node
  readonly #to: Node
  #lastAt = 0

  constructor(from: Node, to: Node) {
    this.#from = from
    this.#to = to
  }

  send(run: () => void): void {
    const { world } = this.#from
    const delay = world.dice.oneIn(40) ? world.dice.between(2_000, 60_000) : world.dice.between(20, 600)
    this.#lastAt = Math.max(this.#lastAt, world.now + delay)
    world.post(this.#to, this.#lastAt - world.now, run)
  }
}

export class Thread {
  readonly node: Node
  readonly #main: Node
  readonly #to: Wire
  readonly #back: Wire
  readonly #scope = Scope.makeUnsafe()
  readonly #callers = new Map<number, Answering>()
  #worker: Worker | null = null
  #lastId = 0
  #gone = false
  onGone: () => void = () => undefined
  onDrained: () => void = () => undefined

  constructor(main: Node, name: string) {
    this.#main = main
    this.node = new Node(main.world, main.host, name)
    this.#to = new Wire(main, this.node)
    this.#back = new Wire(this.node, main)
  }

  /** Starts its owner; `ready` happens in the main thread. */
  start(
    layer: Layer.Layer<Workers>,
    lanes: ReadonlyArray<OwnedLane>,
    listeners: Pick<Listening, "changed" | "ended"> & {
      readonly ready: () => void
      readonly fenced: () => void
      /** In the instant in which it leaves the worker. */
      readonly announced: Listening["changed"]
    },
  ): void {
    const { announced, ready, changed, ended, fenced } = listeners
    const serve = Effect.gen({ self: this }, function* () {
      const workers = Context.get(yield* Layer.build(layer), Workers)
      const crew = yield* workers.start([lanes], {
        ended: (reply) => this.#back.send(() => ended(reply)),
        missing: () => undefined,
        changed: (stocks) => {
          announced(stocks)
          this.#back.send(() => changed(stocks))
        },
      })
      this.#worker = crew.workers[0]!
      yield* Effect.forkChild(
        Effect.andThen(
          crew.fenced,
          Effect.sync(() => this.#back.send(fenced)),
        ),
      )
      this.#back.send(ready)
      return yield* Effect.never
    }).pipe(Scope.provide(this.#scope))
    this.#to.send(() => void this.node.fork(serve as Effect.Effect<never>))
  }

  submit(command: Command, answer: Answering): void {
    if (this.#gone) return answer(Exit.fail(unavailable("worker-lost")))
    const id = ++this.#lastId
    this.#callers.set(id, answer)
    const posted = structuredClone(command)
    const products = addressesOf(command).filter((id) => id !== ("orderId" in command ? command.orderId : null))
    this.#to.send(() => {
      for (const productId of products) this.#worker!.watch(productId as ProductId, true)
      this.#worker!.submit(posted, (exit) => {
        const plain = structuredClone(toPlain(exit))
        this.#back.send(() => {
          const caller = this.#callers.get(id)
          this.#callers.delete(id)
          caller?.(fromPlain(plain))
        })
      })
    })
  }

  abandon(claim: string): void {
    if (!this.#gone) this.#to.send(() => this.#worker!.abandon(claim))
  }

  drain(): void {
    if (this.#gone) return this.onDrained()
    this.#to.send(() => {
      this.node.fork(Scope.close(this.#scope, Exit.void)).addObserver(() => {
        this.#back.send(() => {
          this.terminate()
          this.onDrained()
        })
      })
    })
  }

  /** Once it has drained, or because it does not. */
  terminate(): void {
    this.node.state = "dead"
    this.#lose()
  }

  /** It dies; the main thread hears of it a little later. */
  kill(): void {
    this.node.state = "dead"
    const { world } = this.#main
    world.post(this.#main, world.dice.between(200, 5_000), () => {
      this.#lose()
      this.onGone()
      this.onDrained()
    })
  }

  #lose(): void {
    this.#gone = true
    const callers = [...this.#callers.values()]
    this.#callers.clear()
    for (const resume of callers) resume(Exit.fail(unavailable("worker-lost", "unknown")))
  }
}

/** I4: what is announced of a product stands in its ledger by then. */
const uncommitted = ({ store }: Database, { productId, stock }: CommittedStock): ReadonlyArray<string> => {
  const { onHand, reserved, version } = stock
  const isCommitted = store.movements
    .get(productId)
    ?.some((row) => row.version === version && row.onHand === onHand && row.reserved === reserved)
  return isCommitted ? [] : [`I4 only what is committed is shown: ${productId}, version ${version}`]
}

export interface Options {
  readonly main: Node
  readonly database: Database
  /** Seeds of ids, a new one for each thread. */
  readonly nextSeed: () => number
  readonly holdsPerCustomer: number
  readonly hungUp: HungUp
  /** Hears of each thread that was started. */
  readonly onThread: (thread: Thread) => void
}

export const layer = ({ main, database, holdsPerCustomer, hungUp, nextSeed, onThread }: Options) =>
  Layer.effect(
    Workers,
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const probe = yield* Probe

      /** What a thread has of its own. */
      const crewOf = (thread: Thread, worker: number) => {
        const numbered = Probe.of({
          emit: (happening) => probe.emit("worker" in happening ? { ...happening, worker } : happening),
        })
        return hungUp
          .watched(LocalWorkers.layer)
          .pipe(
            Layer.provide(
              Layer.mergeAll(
                Layer.succeed(Ledger, database.ledger(thread.node)),
                Layer.succeed(Probe, numbered),
                Layer.succeed(LocalWorkers.HoldsPerCustomer, holdsPerCustomer),
                Layer.succeed(Ids, MemoryIds.make(nextSeed())),
              ),
            ),
          )
      }

      const start = Effect.fnUntraced(function* (
        assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
        { changed, ended }: Listening,
      ) {
        const fenced = yield* Deferred.make<void>()
        const restart = yield* FiberSet.runtime(yield* FiberSet.make())<never>()
        const links: Array<Thread | null> = assignments.map(() => null)
        const threads = new Set<Thread>()
        let closing = false

        const spawn = (worker: number, lanes: ReadonlyArray<OwnedLane>): Effect.Effect<void> =>
          Effect.callback<void>((resume) => {
            const thread = new Thread(main, `${main.name}.${worker}`)
            threads.add(thread)
            onThread(thread)
            thread.onGone = () => {
              threads.delete(thread)
              links[worker] = null
              if (closing) return resume(Effect.void)
              probe.emit({ _tag: "WorkerDied", worker })
              restart(
                Effect.sleep(RESTART).pipe(
                  Effect.andThen(replace(worker, lanes)),
                  Effect.andThen(Effect.sync(() => resume(Effect.void))),
                ),
              )
            }
            const ready = () => {
              links[worker] = thread
              resume(Effect.void)
            }
            const announced = (stocks: ReadonlyArray<CommittedStock>) =>
              database.journal.violated(stocks.flatMap((stock) => uncommitted(database, stock)))
            const listeners = {
              ready,
              announced,
              changed,
              ended,
              fenced: () => Deferred.doneUnsafe(fenced, Effect.void),
            }
            thread.start(crewOf(thread, worker), lanes, listeners)
          })

        const replace = (worker: number, lanes: ReadonlyArray<OwnedLane>): Effect.Effect<void> =>
          ledger.raise(lanes).pipe(
            Effect.retry({ schedule: Schedule.spaced(RESTART), while: (error) => error._tag === "LedgerDown" }),
            Effect.flatMap((raised) => spawn(worker, raised)),
            Effect.catch(() => Effect.asVoid(Deferred.succeed(fenced, undefined))),
          )

        yield* Effect.addFinalizer(() =>
          Effect.suspend(() => {
            closing = true
            return Effect.forEach([...threads], drained, { concurrency: "unbounded", discard: true })
          }),
        )
        yield* Effect.forEach(assignments, (lanes, worker) => spawn(worker, lanes), { concurrency: "unbounded" })
        const workers = assignments.map((_, worker) => ({
          // Each thread watches whatever it sells.
          watch: () => undefined,
          abandon: (claim: string) => links[worker]?.abandon(claim),
          submit: (command: Command, answer: Answering) => {
            const thread = links[worker] ?? null
            if (thread === null) answer(Exit.fail(unavailable("worker-lost")))
            else thread.submit(command, answer)
          },
        }))
        return { workers, fenced: Deferred.await(fenced) }
      })

      return Workers.of({ start })
    }),
  )

const drained = (thread: Thread): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    thread.onDrained = () => resume(Effect.void)
    thread.drain()
  }).pipe(Effect.timeoutOption("15 seconds"), Effect.andThen(Effect.sync(() => thread.terminate())))
