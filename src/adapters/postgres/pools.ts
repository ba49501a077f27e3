/**
 * Connection pools: how the connections that a process may have (`DATABASE_CONNECTIONS`) are shared out among its threads, and
 * within a thread among pools of their own. Who decides, who writes and who only shows something never wait for each other, nor
 * does one row for a long list.
 *
 * Law: a process opens no more than its total, whatever happens: each pool has its bound, and the bounds add up to it.
 * Limits: beside the total only what looks for the primary among several hosts, for some milliseconds each.
 */

/** Connections of one thread at most, by what they are for. Those that are not needed are not opened. */
export interface Pools {
  /** Whole transactions: migrations, partitions. Idle most of the time. */
  readonly transactions: number
  /** Single statements that write, one at a time each. */
  readonly writes: number
  /** Reads that something is decided from; pipelined. */
  readonly deciding: number
  /** Single rows that are only shown; pipelined. */
  readonly rows: number
  /** Lists that are only shown; pipelined. */
  readonly lists: number
}

/** Connections of each thread at most. */
export interface Shares {
  readonly main: number
  readonly facts: number
  readonly worker: number
  /** Transactions without owners (`INVENTORY=atomic`); 0: there are owners. */
  readonly commands: number
  /** Of all threads together. */
  readonly all: number
}

export interface Parts {
  readonly workers: number
  /** Whether facts are brought out here. */
  readonly facts: boolean
  /** Whether owners decide; else each command is a transaction. */
  readonly owners: boolean
}

/** The lease of the main thread, or the leadership of the relay: a session of its own. */
const SESSION = 1

/** A command that is a program of its own, or a test: alone on its database. */
export const ALONE: Pools = { transactions: 4, writes: 2, deciding: 4, rows: 2, lists: 2 }

/** One of each, and the lease. */
const MAIN = { least: SESSION + 5, usual: SESSION + 8 }

/** One of each, and the relay; a write for each of two consumers. */
const FACTS = { least: SESSION + 3, usual: SESSION + 4 }

/** A commit, a second one when the first gets no answer, and reads. */
const WORKER = 3

/** Several a core, so that a flush of one leaves none idle; few enough that the line for a hot row stays short. */
export const COMMANDS = 16

const COMMANDS_LEAST = 1

const sharesOf = (main: number, facts: number, commands: number, parts: Parts): Shares => {
  const shares = {
    main,
    facts: parts.facts ? facts : 0,
    worker: parts.owners ? WORKER : 0,
    commands: parts.owners ? 0 : commands,
  }
  return { ...shares, all: main + shares.facts + shares.commands + shares.worker * parts.workers }
}

const leastOf = (parts: Parts): Shares => sharesOf(MAIN.least, FACTS.least, COMMANDS_LEAST, parts)

/** The fewest with which everything works. */
export const least = (parts: Parts): number => leastOf(parts).all

/** `given`: the total, not below the least; null: the usual one. */
export const share = (given: number | null, parts: Parts): Shares => {
  if (given === null) return sharesOf(MAIN.usual, FACTS.usual, COMMANDS, parts)
  const rest = given - least(parts)
  const facts = parts.facts ? Math.min(rest, FACTS.usual - FACTS.least) : 0
  const commands = parts.owners ? 0 : Math.min(rest - facts, COMMANDS - COMMANDS_LEAST)
  return sharesOf(MAIN.least + rest - facts - commands, FACTS.least + facts, COMMANDS_LEAST + commands, parts)
}

/** What the least leaves over goes to lists, to rows and to writes in turn. */
export const ofMain = (connections: number): Pools => {
  const rest = connections - MAIN.least
  const turn = (n: number): number => 1 + Math.max(0, Math.ceil((rest - n) / 3))
  return { transactions: 1, writes: turn(2), deciding: 1, rows: turn(1), lists: turn(0) }
}

/** Nothing is shown from there. */
const none = { rows: 0, lists: 0 }

export const ofFacts = (connections: number): Pools => ({
  ...none,
  transactions: 1,
  writes: connections - SESSION - 2,
  deciding: 1,
})

export const ofWorker = (connections: number): Pools => ({
  ...none,
  transactions: 0,
  writes: connections - 1,
  deciding: 1,
})
