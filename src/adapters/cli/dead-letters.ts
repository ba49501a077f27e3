/** How dead letters are printed: a line each for people, one whole, and JSON for programs. */
import type { Replay } from "../../app/dead-letters.ts"
import type { Parked } from "../../ports/inbox.ts"
import { json, prettyJson, printable } from "./printable.ts"

/** Of what is wrong with a letter in a list (characters): the rest is for `show`. */
const ERROR_CHARACTERS = 80

const HEAD = ["id", "state", "consumer", "key", "since", "error"]

const cells = ({ consumer, delivery, error, id, parkedAt, state }: Parked): ReadonlyArray<string> => [
  String(id),
  state,
  printable(consumer),
  keyOf(delivery),
  new Date(parkedAt).toISOString(),
  printable(error.slice(0, ERROR_CHARACTERS)),
]

const keyOf = ({ key }: Parked["delivery"]): string => (key === "" ? "(none)" : printable(key))

/** What a long list is written with: a beginning, a page after another, an end. */
export interface Pages {
  readonly page: (letters: ReadonlyArray<Parked>) => string
  readonly end: () => string
}

/** A table whose columns are as wide as the widest cell so far: of one page they are straight, of many nearly so. */
export const table = (): Pages => {
  let widths: ReadonlyArray<number> | null = null
  return {
    page: (letters) => {
      const rows = [...(widths === null ? [HEAD] : []), ...letters.map(cells)]
      const before = widths ?? HEAD.map(() => 0)
      const now = before.map((width, column) => Math.max(width, ...rows.map((row) => row[column]!.length)))
      widths = now
      const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(now[column]!)).join("  "))
      return lines.map((line) => `${line.trimEnd()}\n`).join("")
    },
    end: () => (widths === null ? "No dead letters.\n" : ""),
  }
}

/** One object, though nothing but a page of it is ever in memory. */
export const jsonPages = (): Pages => {
  let isOpen = false
  return {
    page: (letters) => {
      const before = isOpen ? "," : '{"letters":['
      isOpen = true
      return before + letters.map(json).join(",")
    },
    end: () => `${isOpen ? "" : '{"letters":['}]}\n`,
  }
}

/** JSON is shown as JSON; whatever else it is, as the text it is. */
const pretty = (value: string): string => {
  try {
    return prettyJson(JSON.parse(value))
  } catch {
    return json(value)
  }
}

export const whole = (letter: Parked): string => {
  const { attempts, consumer, delivery, error, source, state } = letter
  const headers = Object.entries(delivery.headers).map(([name, value]) => `  ${printable(name)}: ${printable(value)}`)
  return [
    `Letter ${letter.id} of ${printable(consumer)}, ${state} since ${new Date(letter.parkedAt).toISOString()}`,
    `from      ${printable(source)}, offset ${delivery.offset}`,
    `key       ${keyOf(delivery)}`,
    `error     ${printable(error)}`,
    `attempts  ${attempts}`,
    ...(headers.length === 0 ? [] : ["headers", ...headers]),
    "value",
    pretty(delivery.value),
  ].join("\n")
}

export const wholeJson = (letter: Parked): string => json({ letters: [letter] })

const outcome = ({ letter, stays }: Replay): string =>
  [
    letter.id,
    printable(letter.consumer),
    keyOf(letter.delivery),
    stays === null ? "handled" : `stays: ${printable(stays)}`,
  ].join("  ")

export const replayed = (replays: ReadonlyArray<Replay>): string => {
  const stays = replays.filter((each) => each.stays !== null).length
  const sum = `${replays.length - stays} handled, ${stays} ${stays === 1 ? "stays" : "stay"}.`
  return [...replays.map(outcome), sum].join("\n")
}

export const replayedJson = (replays: ReadonlyArray<Replay>): string =>
  json({
    replayed: replays.map(({ letter: { consumer, delivery, id }, stays }) => ({
      id,
      consumer,
      key: delivery.key,
      stays,
    })),
  })
