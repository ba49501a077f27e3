/** Mutants on the way of the facts: in the relay, in the outbox it reads, and in the consumers. */
import { type Mutant, ONE_ROUND } from "./load.ts"

const CONSUMER = "src/app/consumer.ts"
const INBOX = "src/adapters/memory/inbox.ts"
const OUTBOX = "src/adapters/memory/outbox.ts"
const RELAY = "src/app/outbox-relay.ts"

const PUBLISHING = "const published = yield* Effect.result(sent.length === 0 ? Effect.void : stream.publish(sent))\n"

export const FACT_MUTANTS: ReadonlyArray<Mutant> = [
  {
    name: "cursor advanced before publishing",
    story:
      "the cursor is moved first, so that nothing is published twice; what the stream does not take then is never published",
    changes: [
      { file: RELAY, from: `    ${PUBLISHING}`, to: `    yield* leadership.advance(cursors)\n    ${PUBLISHING}` },
      { file: RELAY, from: "    yield* leadership.advance(cursors)\n    if", to: "    if" },
    ],
    caughtBy: "I7 every fact reaches the stream",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a stream that is believed",
    story: "no answer from the stream is taken for a late one",
    changes: [{ file: RELAY, from: `if (published._tag === "Failure") {`, to: `if (published._tag === "Void") {` }],
    caughtBy: "I7 the cursor follows the stream",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a relay that does not come back",
    story: "a relay that has lost its leadership once leaves it to others, and they do the same",
    changes: [{ file: RELAY, from: "while (!Deferred.isDoneUnsafe(closing)) yield* lead", to: "yield* lead" }],
    caughtBy: "I7 every fact reaches the stream",
    seedsMax: ONE_ROUND,
  },
  {
    name: "facts published side by side",
    story: "each fact is a request of its own, all of them at once: faster, and in any order",
    changes: [
      {
        file: RELAY,
        from: "stream.publish(sent))\n",
        to: `Effect.forEach(sent, (event) => stream.publish([event]), { concurrency: "unbounded" }))\n`,
      },
    ],
    caughtBy: "I7 first published in order",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a relay without leadership",
    story: "every process brings out what it finds, whether or not another one does",
    changes: [
      { file: OUTBOX, from: "relay.leadership.take(Effect.void)", to: "Effect.succeed(null)" },
      { file: OUTBOX, from: "relay.leadership.isHeldBy(session)\n", to: "relay.leadership !== null\n" },
    ],
    caughtBy: "I7 one relay at a time",
    seedsMax: ONE_ROUND,
  },
  {
    name: "an event under another name",
    story: "the subject of an event is the event itself; no consumer knows whose it is",
    changes: [{ file: "src/ports/cloud-event.ts", from: `"subject":"\${event.key}"`, to: `"subject":"\${event.id}"` }],
    caughtBy: "I7 nothing is poison",
    seedsMax: ONE_ROUND,
  },
  {
    name: "available published as on hand",
    story: "the stream says how many can be sold where it should say how many there are",
    changes: [
      {
        file: "src/ports/facts.ts",
        from: "    onHand: after.onHand,\n",
        to: "    onHand: after.onHand - after.reserved,\n",
      },
    ],
    caughtBy: "I7 stock rebuilt from the stream",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a link for ever",
    story: "who takes a lane goes on under the link of the owner before: a history that was forked looks like one",
    changes: [{ file: "src/adapters/memory/store.ts", from: "    renewLink(store, raised)\n", to: "" }],
    caughtBy: "I7 a taking is a link",
    seedsMax: ONE_ROUND,
  },
  {
    name: "a link for every lane",
    story: "all lanes that are taken at once get one link",
    changes: [
      {
        file: "src/adapters/memory/store.ts",
        from: "links.push({ since: seq, link: linkOf(lane, epoch) })",
        to: "links.push({ since: seq, link: linkOf(0, epoch) })",
      },
    ],
    caughtBy: "I7 a taking is a link",
    seedsMax: ONE_ROUND,
  },
  {
    name: "position moved before the effect",
    story: "the position is one transaction and the effect another; between them is a moment in which one may die",
    changes: [
      {
        file: CONSUMER,
        from: `    const committed = yield* outlive(deps, "database", once)\n`,
        to: `    const moved = intakes.map((intake) => ({ ...intake, taken: [] }))
    yield* outlive(deps, "database", deps.inbox.commit(moved))
    const committed = yield* outlive(deps, "database", once)\n`,
      },
    ],
    caughtBy: "I7 no position without effect",
    seedsMax: ONE_ROUND,
  },
  {
    name: "effect without inbox",
    story: "the handled events are not recorded: what is delivered again has its effect again",
    changes: [
      { file: INBOX, from: "  if (events.has(name(consumer, eventId))) return 0\n", to: "" },
      { file: INBOX, from: "if (version <= (", to: "if (version < (" },
    ],
    caughtBy: "I7 every effect once",
    seedsMax: ONE_ROUND,
  },
  {
    name: "an older version applied after a newer",
    story: "ids of events are known, their versions are not looked at: what has been forgotten is taken for news",
    changes: [
      {
        file: INBOX,
        from: "  if (version <= (versions.get(name(consumer, key)) ?? 0)) return 0\n",
        to: "",
      },
    ],
    caughtBy: "I7 the newest wins",
    seedsMax: ONE_ROUND,
  },
]
