/**
 * The heap's collector, for what this service does: very many short lives at once, and few long ones.
 *
 * - Young objects are collected by the thread that made them. Helper threads would save it a millisecond and cost several,
 *   on cores that the database and the other threads want.
 * - A thread's young space begins at its full 16 MiB instead of growing into it: the lives of requests that wait for one
 *   commit fit, so that they are not copied twice and grown old.
 * - Nothing is allocated old (pretenuring): a part of a request that once lived long, in a pause of the database, would from
 *   then on be old at once, and keep the rest of each request alive until the next full collection.
 * - In a container with less than 1 GiB the young space is small instead, and each thread's heap has a share of the limit:
 *   V8 by itself gives every thread as much as it would give to one, and together they are killed.
 *
 * Measured: an eighth less processor time for an order (`docs/performance.md`). For threads that start after it was called.
 */
import { setFlagsFromString } from "node:v8"

const MIB = 1_048_576

/** From here on there is room for young spaces of full size (MiB). */
const SPACIOUS_MIB = 1_024

/** Young space in a small container (MiB): two halves of it and what survives make six. */
const SMALL_YOUNG_MIB = 2

/** Of a container's limit, what the heaps of all threads together may take; the rest is code, buffers and stacks. */
const HEAP_SHARE = 0.5

/** A thread needs this to work at all (MiB). */
const THREAD_HEAP_MIN_MIB = 48

/** `threads`: all of the process. */
export const tune = (threads: number, limitBytes: number = process.constrainedMemory()): void => {
  for (const flag of flags(threads, limitBytes)) setFlagsFromString(flag)
}

/** A limit of zero, or beyond what a machine can have, is none. */
export const flags = (threads: number, limitBytes: number): ReadonlyArray<string> => {
  const limit = limitBytes / MIB
  const young = ["--no-parallel-scavenge", "--no-allocation-site-pretenuring"]
  if (limit === 0 || limit >= SPACIOUS_MIB) return [...young, "--min-semi-space-size=16"]
  const heap = Math.max(THREAD_HEAP_MIN_MIB, Math.floor((limit * HEAP_SHARE) / threads))
  return [...young, `--max-semi-space-size=${SMALL_YOUNG_MIB}`, `--max-old-space-size=${heap}`]
}
