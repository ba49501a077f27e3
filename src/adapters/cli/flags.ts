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
