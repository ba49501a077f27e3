/** How dead letters are told: a line each for people, one whole, and JSON for programs. */
import type { Replay } from "../../app/dead-letters.ts"
import type { Parked } from "../../ports/inbox.ts"

/** Of what is wrong with a letter in a list, characters: the rest is for `show`. */
const ERROR_CHARACTERS = 80

const HEAD = ["id", "state", "consumer", "key", "since", "error"]

const cells = ({ consumer, delivery, error, id, parkedAt, state }: Parked): ReadonlyArray<string> => [
  String(id),
  state,
  consumer,
  delivery.key || "(none)",
  new Date(parkedAt).toISOString(),
  oneLine(error).slice(0, ERROR_CHARACTERS),
]

/** What came from outside must not move the cursor of whoever reads it. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\s]+/gu, " ")

export const list = (letters: ReadonlyArray<Parked>): string => {
  if (letters.length === 0) return "No dead letters."
  const rows = [HEAD, ...letters.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

/** JSON is shown as JSON; whatever else it is, as the text it is. */
const pretty = (value: string): string => {
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return JSON.stringify(value)
  }
}

export const whole = (letter: Parked): string => {
  const { attempts, consumer, delivery, error, source, state } = letter
  const headers = Object.entries(delivery.headers).map(([name, value]) => `  ${oneLine(name)}: ${oneLine(value)}`)
  return [
    `Letter ${letter.id} of ${consumer}, ${state} since ${new Date(letter.parkedAt).toISOString()}`,
    `from      ${source}, offset ${delivery.offset}`,
    `key       ${delivery.key || "(none)"}`,
    `error     ${oneLine(error)}`,
    `attempts  ${attempts}`,
    ...(headers.length === 0 ? [] : ["headers", ...headers]),
    "value",
    pretty(delivery.value),
  ].join("\n")
}

const outcome = ({ letter, stays }: Replay): string =>
  `${letter.id}  ${letter.consumer}  ${letter.delivery.key || "(none)"}  ${stays === null ? "handled" : `stays: ${oneLine(stays)}`}`

export const replayed = (replays: ReadonlyArray<Replay>): string => {
  const stays = replays.filter((each) => each.stays !== null).length
  const sum = `${replays.length - stays} handled, ${stays} ${stays === 1 ? "stays" : "stay"}.`
  return [...replays.map(outcome), sum].join("\n")
}

export const json = (letters: ReadonlyArray<Parked>): string => JSON.stringify({ letters })

export const replayedJson = (replays: ReadonlyArray<Replay>): string =>
  JSON.stringify({
    replayed: replays.map(({ letter: { consumer, delivery, id }, stays }) => ({
      id,
      consumer,
      key: delivery.key,
      stays,
    })),
  })
