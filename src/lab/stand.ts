/** A contender with a database and a service of its own, from the first round to the last. */
import type { Room } from "./room.ts"
import * as Service from "./service.ts"

export interface Stand {
  readonly contender: Service.Contender
  readonly database: string
  readonly service: Service.Service
}

export interface Setting {
  readonly contender: Service.Contender
  /** Of which its database is a copy. */
  readonly template: string
  readonly knobs?: Readonly<Record<string, string>>
}

const PROCESSORS = 2

export const redisOf = ({ redisUrl }: Room, database: string) =>
  redisUrl === null ? null : { url: redisUrl, prefix: `lab:${database}:` }

/** On a database that is there. */
export const on = async (
  room: Room,
  database: string,
  { contender, knobs = {} }: Omit<Setting, "template">,
): Promise<Stand> => {
  const databaseUrl = room.databases.urlOf(database)
  const redis = redisOf(room, database)
  return { contender, database, service: await Service.start(room.children, { contender, databaseUrl, redis, knobs }) }
}

/** What is done for each, so many at a time. */
export const together = async <A, B>(
  all: ReadonlyArray<A>,
  at: number,
  each: (one: A) => Promise<B>,
): Promise<ReadonlyArray<B>> => {
  const results: Array<B> = []
  const entries = all.entries()
  const lane = async () => {
    for (const [index, one] of entries) results[index] = await each(one)
  }
  await Promise.all(Array.from({ length: at }, lane))
  return results
}

/** One copy after another, services that start side by side. */
export const open = async (room: Room, settings: ReadonlyArray<Setting>): Promise<ReadonlyArray<Stand>> => {
  const databases: Array<string> = []
  for (const { template } of settings) databases.push(await room.databases.copy(template))
  return together([...settings.entries()], PROCESSORS, ([index, setting]) => on(room, databases[index]!, setting))
}

export const close = async (stands: ReadonlyArray<Stand>): Promise<void> => {
  await Promise.all(stands.map(({ service }) => service.stop()))
}
