/**
 * Pessimistic locking without an order: each product is locked as it comes in the basket. Two baskets that name the same two
 * products the other way round wait for each other (deadlock); the database looks for that after `deadlock_timeout`, one
 * second, ends one of them, and it is tried again. It exists to show what the order of the ids is for.
 */
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { BEGIN } from "../transaction.ts"

const readOne = reading("for update of s")

export const pessimisticUnordered: Guard = {
  begin: BEGIN,
  triesMax: 20,
  move: deciding((moves) => moves.flatMap((each) => readOne([each])), "blindly"),
}
