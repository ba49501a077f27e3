/**
 * Workers on threads of their own, under the supervisor. A thread that dies, or reports nothing any more, is replaced:
 * first its lanes' epochs are raised, which waits for a commit it may have left running, then a new thread starts from
 * what is durable.
 *
 * Law: callers cannot tell local from remote; no thread outlives the scope of its crew.
 * Limits: a hung worker is noticed after SILENT_LOOKS looks.
 * Fails: `Unavailable` (worker-lost) for commands under way in a lost thread, and until the next one is ready.
 */
import { Deferred, Effect, Exit, Fiber, Layer, Schedule } from "effect"
import * as LocalWorkers from "../../../app/inventory/local-workers.ts"
import type { ProductId } from "../../../domain/ids.ts"
import { unavailable } from "../../../ports/failures.ts"
import { Ledger, type OwnedLane } from "../../../ports/ledger.ts"
import { Probe } from "../../../ports/probe.ts"
import { type Listening, type Worker, Workers } from "../../../ports/workers.ts"
import * as Supervisor from "../supervisor.ts"
import { Link } from "./link.ts"
import * as Spares from "./spares.ts"

/** A thread that does not end by itself after this is terminated (ms): its owner has given up its own drain long before. */
export const DRAIN_MS = LocalWorkers.DRAIN_MS + Supervisor.ENDING_MS

/** The pause before a thread that died is replaced for the first time, and between two tries to raise its epochs (ms). */
const RESTART_MS = 200

/** Between two looks whether a worker has reported (ms): it reports as often. */
const LOOK_MS = 1_000

/**
 * A worker that has reported nothing at so many looks in a row hangs. Looks are counted, not time: a process that stood
 * still as a whole looks once, and then reads what its workers have sent meanwhile.
 */
const SILENT_LOOKS = 5

interface Crew {
  readonly ledger: Ledger["Service"]
  readonly probe: Probe["Service"]
  readonly spares: Spares.Bench
  readonly posts: ReadonlyArray<Post>
  readonly listening: Listening
  readonly fenced: Deferred.Deferred<void>
  readonly closing: Deferred.Deferred<void>
}

/** One worker of a crew: its lanes, and the thread that has them now. */
interface Post {
  readonly worker: number
  lanes: ReadonlyArray<OwnedLane>
  /** Given to every thread that comes to this post. */
  readonly watched: Set<ProductId>
  /** Null: no thread has been started yet. */
  link: Link | null
  /** Completed when its first thread is ready. */
  readonly manned: Deferred.Deferred<void>
}

/** A worker has come or gone. */
const count = ({ closing, listening, posts }: Crew): void => {
  if (Deferred.isDoneUnsafe(closing)) return
  listening.missing(posts.filter(({ link, manned }) => Deferred.isDoneUnsafe(manned) && link?.serves === false).length)
}

/** Runs the post's next thread; ends with what it died of. */
const serve = (crew: Crew, post: Post): Effect.Effect<unknown> =>
  Effect.callback<unknown>((resume) => {
    const link = new Link(crew.spares.take(post.worker), {
      ready: () => {
        link.watch([...post.watched], true)
        Deferred.doneUnsafe(post.manned, Effect.void)
        count(crew)
      },
      happened: crew.probe.emit,
      waited: (waitMs) => crew.probe.emit({ _tag: "CommandsWaited", worker: post.worker, waitMs }),
      ended: crew.listening.ended,
      changed: crew.listening.changed,
      fenced: () => Deferred.doneUnsafe(crew.fenced, Effect.void),
      gone: (error) => {
        count(crew)
        resume(Effect.succeed(error))
      },
    })
    post.link = link
    link.begin(post.lanes)
    return Effect.sync(() => link.terminate())
  })

/** Ends when the post's thread hangs. */
const silence = Effect.fnUntraced(function* (post: Post) {
  do yield* Effect.sleep(LOOK_MS)
  while (post.link === null || post.link.look() < SILENT_LOOKS)
  return new Error(`it has reported nothing for ${(SILENT_LOOKS * LOOK_MS) / 1_000} s`)
})

/** New epochs for the lanes of a thread that is gone; until the crew ends, if they belong to another process by now. */
const raise = ({ fenced, ledger }: Crew, post: Post): Effect.Effect<void> =>
  ledger.raise(post.lanes).pipe(
    Effect.retry({ schedule: Schedule.spaced(RESTART_MS), while: (error) => error._tag === "LedgerDown" }),
    Effect.flatMap((raised) => {
      post.lanes = raised
      return Effect.void
    }),
    // A worker may have raised its own epochs before it died; then all lanes are taken anew.
    Effect.catch(() => Effect.andThen(Deferred.succeed(fenced, undefined), Effect.never)),
  )

const life = (crew: Crew, post: Post): Effect.Effect<unknown> =>
  Effect.suspend(() => {
    const raised = post.link === null ? Effect.void : raise(crew, post)
    const served = Effect.suspend(() =>
      Deferred.isDoneUnsafe(crew.closing) ? Effect.void : Effect.raceFirst(serve(crew, post), silence(post)),
    )
    return Effect.andThen(Effect.raceFirst(raised, Deferred.await(crew.closing)), served)
  })

const supervise = (crew: Crew, post: Post): Effect.Effect<void> =>
  Supervisor.keepAlive({
    life: life(crew, post),
    closing: crew.closing,
    died: (error) => {
      crew.probe.emit({ _tag: "WorkerDied", worker: post.worker })
      return Effect.logError(`worker ${post.worker} died and is replaced`, error)
    },
    pauseMs: RESTART_MS,
  })

const drain = ({ closing, posts, spares }: Crew, running: ReadonlyArray<Fiber.Fiber<void>>): Effect.Effect<void> =>
  Effect.suspend(() => {
    Deferred.doneUnsafe(closing, Effect.void)
    for (const { link } of posts) link?.drain()
    return Effect.timeoutOption(Fiber.awaitAll(running), DRAIN_MS)
  }).pipe(Effect.andThen(spares.prepareAgain))

const workerOf = (post: Post): Worker => ({
  submit: (command, answer) => {
    if (post.link === null) answer(Exit.fail(unavailable("worker-lost")))
    else post.link.submit(command, answer)
  },
  abandon: (claim) => post.link?.abandon(claim),
  watch: (productId, isWatched) => {
    if (isWatched) post.watched.add(productId)
    else post.watched.delete(productId)
    post.link?.watch([productId], isWatched)
  },
})

/** `entry`: the module a worker thread runs. `spares`: how many threads are made ready for the day lanes are taken. */
export const layer = (entry: URL, seed: Spares.Seed, spares: number) =>
  Layer.effect(
    Workers,
    Effect.gen(function* () {
      const shared = {
        ledger: yield* Ledger,
        probe: yield* Probe,
        spares: yield* Spares.make(entry, seed, spares),
      }
      const start = Effect.fnUntraced(function* (
        assignments: ReadonlyArray<ReadonlyArray<OwnedLane>>,
        listening: Listening,
      ) {
        const posts = assignments.map(
          (lanes, worker): Post => ({ worker, lanes, link: null, watched: new Set(), manned: Deferred.makeUnsafe() }),
        )
        const fenced = yield* Deferred.make<void>()
        const closing = yield* Deferred.make<void>()
        const crew: Crew = { ...shared, posts, listening, fenced, closing }
        const running = yield* Effect.forEach(posts, (post) => Effect.forkScoped(supervise(crew, post)))
        yield* Effect.addFinalizer(() => drain(crew, running))
        const manned = Effect.forEach(posts, (post) => Deferred.await(post.manned), { discard: true })
        yield* Effect.raceFirst(manned, Deferred.await(fenced))
        return { workers: posts.map(workerOf), fenced: Deferred.await(fenced) }
      })
      return Workers.of({ start })
    }),
  )
