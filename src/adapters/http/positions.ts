/**
 * `Jaego-Position`: where the database's log was when a write was answered, and what a read must see (`ports/position.ts`).
 *
 * Answers have it where there are replicas; a request may bring it anywhere.
 */
import type { IncomingHttpHeaders } from "node:http"
import * as Position from "../../ports/position.ts"
import * as Problems from "./problems.ts"

export const NAME = "jaego-position"

/** Of an answer to a write, behind everything that is answered; null: there is no replica. */
export const of = (slots: Position.Slots | null): string | null =>
  slots === null ? null : Position.text(Position.newest(slots))

/** Null: there is none, or it is one. */
export const refusal = ({ [NAME]: given }: IncomingHttpHeaders): Problems.Problem | null =>
  given === undefined || Position.parse(String(given)) !== null
    ? null
    : Problems.invalid(`header/${NAME}`, "Expected a position as an answer had it: 16/B374D848")

/** What a request must see; null: anything. */
export const atLeast = (given: string | undefined): bigint | null =>
  given === undefined ? null : Position.parse(given)
