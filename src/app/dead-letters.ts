/**
 * Dead letters once more: after the cause was mended, what was parked is read again as if it had just come, key by key and
 * the oldest first. What is still poison stays, and what queues behind it.
 *
 * Limits: GROUPS_MAX groups are shown; of a group as many letters as are asked for are handled at a time.
 */
import { Context, Effect, Layer, Option, Stream } from "effect"
import { type Unavailable, unavailable } from "../ports/failures.ts"
import { Inbox, kindOf, type Parked, type PoisonGroup } from "../ports/inbox.ts"
import * as Consumer from "./consumer.ts"

/** Letters a look takes from the inbox: as many as one page of anything. */
const PAGE = 100

export interface Request {
  /** The letters of one consumer; null: of all. */
  readonly consumer: string | null
  /** This letter, and those of its key that queue before and behind it; null: all. */
  readonly letter: number | null
}

export interface Replay {
  readonly letter: Parked
  /** Null: it was handled at last. */
  readonly stays: string | null
}

/** Causes that a person can look through. */
const GROUPS_MAX = 100

/** Of one group at a time: a second or two, for which a caller can be kept waiting. */
const REPLAYED_MAX = 500

/** Oldest first, a page at a time. */
export const all = (consumer: string | null): Stream.Stream<Parked, Unavailable, Inbox> =>
  Stream.paginate(
    0,
    Effect.fnUntraced(function* (after: number) {
      const page = yield* (yield* Inbox).parked({ consumer, after, limit: PAGE })
      const next = page.length < PAGE ? Option.none<number>() : Option.some(page.at(-1)!.id)
      return [page, next] as const
    }),
  )

/** One letter; null: there is none of that id. */
export const find = (id: number): Effect.Effect<Parked | null, Unavailable, Inbox> =>
  Effect.gen(function* () {
    const [letter] = yield* (yield* Inbox).parked({ consumer: null, after: id - 1, limit: 1 })
    return letter?.id === id ? letter : null
  })

/** Without a key a letter stands alone. */
const keyOf = ({ consumer, delivery, id }: Parked): string => `${consumer} ${delivery.key || `letter ${id}`}`

/** Which letters are meant, and how many of them at most. Asked in their order: the oldest of a key comes first. */
interface Chosen {
  readonly consumer: string | null
  readonly has: (letter: Parked) => boolean
  readonly limit: number
}

const handleAll = (consumers: ReadonlyArray<Consumer.Consumer>, { consumer, has, limit }: Chosen) =>
  Effect.gen(function* () {
    const inbox = yield* Inbox
    const replays: Array<Replay> = []
    /** Keys whose oldest letter stays. */
    const stuck = new Set<string>()
    const isShort = () => replays.length < limit
    const again = Effect.fnUntraced(function* (letter: Parked) {
      const key = keyOf(letter)
      if (stuck.has(key) || !isShort() || !has(letter)) return
      const stays = yield* handle(inbox, consumers, letter)
      if (stays !== null) stuck.add(key)
      replays.push({ letter, stays })
    })
    // While the last letters of a key are released others may queue behind them: they are not to be left there.
    for (let before = -1; before !== replays.length && isShort(); ) {
      before = replays.length
      yield* Stream.runForEach(Stream.takeWhile(all(consumer), isShort), again)
    }
    return replays
  })

/** What became of each, in order. */
export const replay = (
  consumers: ReadonlyArray<Consumer.Consumer>,
  { consumer, letter: wanted }: Request,
): Effect.Effect<ReadonlyArray<Replay>, Unavailable, Inbox> =>
  Effect.gen(function* () {
    const one = wanted === null ? null : yield* find(wanted)
    if (wanted !== null && one === null) return []
    const has = (letter: Parked) => one === null || keyOf(letter) === keyOf(one)
    return yield* handleAll(consumers, { consumer, has, limit: Number.POSITIVE_INFINITY })
  })

/** Poison of one kind, and what queues behind it. */
export interface GroupRequest {
  readonly consumer: string
  readonly kind: string
}

export interface GroupReplay {
  readonly handled: number
  readonly stays: number
  /** Why the first stays that does; null: none does. */
  readonly why: string | null
  /** As many as are handled at a time: there may be more. */
  readonly hasMore: boolean
}

const replayGroup = (
  consumers: ReadonlyArray<Consumer.Consumer>,
  { consumer, kind }: GroupRequest,
): Effect.Effect<GroupReplay, Unavailable, Inbox> => {
  const chosen = new Set<string>()
  const has = (letter: Parked) => {
    if (letter.state === "poison" && kindOf(letter.error) === kind) chosen.add(keyOf(letter))
    return chosen.has(keyOf(letter))
  }
  return Effect.map(handleAll(consumers, { consumer, has, limit: REPLAYED_MAX }), (replays) => {
    const staying = replays.filter(({ stays }) => stays !== null)
    return {
      handled: replays.length - staying.length,
      stays: staying.length,
      why: staying[0]?.stays ?? null,
      hasMore: replays.length >= REPLAYED_MAX,
    }
  })
}

export interface DeadLetters {
  readonly groups: Effect.Effect<ReadonlyArray<PoisonGroup>, Unavailable>
  readonly replayGroup: (request: GroupRequest) => Effect.Effect<GroupReplay, Unavailable>
}

/** Dead letters for operators. Where there are no consumers there are none. */
export const DeadLetters = Context.Reference<DeadLetters>("jaego/app/DeadLetters", {
  defaultValue: () => ({
    groups: Effect.succeed([]),
    replayGroup: () => Effect.fail(unavailable("database")),
  }),
})

export const layer = (consumers: ReadonlyArray<Consumer.Consumer>): Layer.Layer<never, never, Inbox> =>
  Layer.effect(
    DeadLetters,
    Effect.map(Inbox, (inbox) => ({
      groups: inbox.groups(GROUPS_MAX),
      replayGroup: (request) => Effect.provideService(replayGroup(consumers, request), Inbox, inbox),
    })),
  )

/** Gives a letter up for good, and handles what queued behind it; null: there is none of that id. */
export const discard = (
  consumers: ReadonlyArray<Consumer.Consumer>,
  id: number,
): Effect.Effect<ReadonlyArray<Replay> | null, Unavailable, Inbox> =>
  Effect.gen(function* () {
    const letter = yield* find(id)
    if (letter === null || (yield* (yield* Inbox).discard(id)) === "absent") return null
    const ofKey = Stream.filter(all(letter.consumer), (other) => keyOf(other) === keyOf(letter))
    const oldest = yield* Stream.runHead(ofKey)
    if (Option.isNone(oldest)) return []
    return yield* replay(consumers, { consumer: letter.consumer, letter: oldest.value.id })
  })

/** Null, or why it stays. */
const handle = Effect.fnUntraced(function* (
  inbox: Inbox["Service"],
  consumers: ReadonlyArray<Consumer.Consumer>,
  letter: Parked,
) {
  const consumer = consumers.find(({ name }) => name === letter.consumer)
  if (consumer === undefined) return `there is no consumer called ${letter.consumer}`
  // Only events of this shop are parked.
  const taken = Consumer.read(consumer, letter.delivery, null)
  if (taken === null || taken === "foreign") return `${consumer.name} has no use for it any more`
  if (taken._tag === "Poison") return taken.error
  const released = inbox.release(letter.id, taken.eventId, taken.version, taken.writes)
  const end = yield* Effect.catchTag(released, "Indigestible", ({ detail }) => Effect.succeed(detail))
  // Another command has released it in the meantime.
  return end === "released" || end === "absent" ? null : end
})
