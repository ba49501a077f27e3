/** Flags that several commands have, and their bounds. */
import { Flag } from "effect/cli"

export const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print one JSON object on stdout, and nothing else"),
  Flag.withDefault(false),
)

export const whole = (name: string, minimum: number, maximum: number) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= minimum && value <= maximum,
      (value) => `a whole number from ${minimum} to ${maximum}, not ${value}`,
    ),
  )

/** Of a file of text. */
export const encoding = Flag.String("encoding").pipe(
  Flag.withDescription("Of a file without a byte-order mark that is not UTF-8: latin1, utf-16le, euc-kr, ..."),
  Flag.optional,
)

/** `what` it separates, for the description. */
export const separator = (what: string) =>
  Flag.ChoiceWithValue("separator", [
    ["comma", ","],
    ["semicolon", ";"],
    ["tab", "\t"],
    ["bar", "|"],
  ]).pipe(Flag.withDescription(`What stands between ${what}, where the file has more than one of them`), Flag.optional)
