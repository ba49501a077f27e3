/** Intakes of a consumer, cut and grouped into what goes into one transaction. Pure. */
import { timeOf } from "../ports/ids.ts"
import type { Indigestible, Intake } from "../ports/inbox.ts"

/** The same, `size` events at a time and in order. */
export const pieces = (intake: Intake, size: number): ReadonlyArray<Intake> => {
  const { next, taken } = intake
  if (taken.length <= size) return [intake]
  const first = taken.slice(0, size)
  const rest = { ...intake, taken: taken.slice(size), next }
  return [{ ...intake, taken: first, next: first.at(-1)!.delivery.offset + 1 }, ...pieces(rest, size)]
}

export const eventsIn = (intakes: ReadonlyArray<Intake>): number =>
  intakes.reduce((sum, { taken }) => sum + taken.length, 0)

/** In order, at most `size` events a group, unless one alone has more. */
export const groups = <Entry extends { readonly intake: Intake }>(
  entries: ReadonlyArray<Entry>,
  size: number,
): ReadonlyArray<ReadonlyArray<Entry>> => {
  const all: Array<Array<Entry>> = []
  let room = 0
  for (const entry of entries) {
    const events = entry.intake.taken.length
    if (all.length === 0 || events > room) {
      all.push([])
      room = size
    }
    all.at(-1)!.push(entry)
    room -= events
  }
  return all
}

/** What was refused, in two halves and in order. A single event that was refused is poison; it has been tried `attempts` times. */
export const halves = (
  intakes: ReadonlyArray<Intake>,
  { detail }: Indigestible,
  attempts: number,
): ReadonlyArray<ReadonlyArray<Intake>> => {
  if (intakes.length > 1) {
    const half = intakes.length >> 1
    return [intakes.slice(0, half), intakes.slice(half)]
  }
  const intake = intakes[0]!
  if (intake.taken.length > 1) return pieces(intake, (intake.taken.length + 1) >> 1).map((piece) => [piece])
  const [only] = intake.taken
  if (only?._tag !== "Event") throw new Error(`the inbox takes no position and no letter: ${detail}`)
  const { delivery, eventId } = only
  return [[{ ...intake, taken: [{ _tag: "Poison", delivery, eventId, error: detail, attempts }] }]]
}

/** When the first of their events was decided, as its id says (ms since 1970); `none` where no id says it. */
export const oldest = (intakes: ReadonlyArray<Intake>, none: number): number => {
  let first = none
  // Other programs may write to the topic, with ids of other kinds.
  for (const { taken } of intakes)
    for (const { eventId } of taken) if (eventId?.[14] === "7") first = Math.min(first, timeOf(eventId))
  return first
}
