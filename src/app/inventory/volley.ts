/**
 * A volley: commands of one product each, handed over together, and what became of them once all of them have been answered.
 *
 * Why it exists: an import asks for thousands. A fiber for each of them, which lives until its commit, costs the main thread more than the
 * command itself, most of it as garbage that has lived long enough to be moved.
 * Law: what is answered here was accepted by its owner just as by `Inventory.submit`, which also says of all others why they were not.
 */
import { Context, Effect } from "effect"
import type { Answer, Inventory } from "../../ports/inventory.ts"
import type { Of } from "./commands.ts"

export type OfProduct = Of<"CreateProduct"> | Of<"Adjust">

/** Of each in its order; null: it was refused, or cannot be decided now. */
export type Answers = ReadonlyArray<Answer | null>

export type Fire = (commands: ReadonlyArray<OfProduct>) => Effect.Effect<Answers>

/** Null: there are no owners here, and commands are submitted one by one. */
export const Volley = Context.Reference<Fire | null>("jaego/app/inventory/Volley", { defaultValue: () => null })

/** So many commands at once where each of them is a transaction. */
const ONE_BY_ONE = 256

export const oneByOne =
  ({ submit }: Inventory["Service"]): Fire =>
  (commands) =>
    Effect.forEach(
      commands,
      (command) => Effect.catch(submit(command) as Effect.Effect<Answer | null, unknown>, () => Effect.succeed(null)),
      { concurrency: ONE_BY_ONE },
    )
