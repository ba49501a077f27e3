/**
 * No guard: read, check, write (check-then-act). Two transactions that read before either has written both sell the last
 * unit, and one of the two writings is lost. It exists to show that, and is never to be sold with.
 *
 * Fails: I1 and I2, as soon as commands of one product meet.
 */
import { deciding, reading } from "../deciding.ts"
import type { Guard } from "../guard.ts"
import { BEGIN } from "../transaction.ts"

export const naive: Guard = { begin: BEGIN, triesMax: 5, move: deciding(reading(), "blindly") }
