/** The inventory of one transaction a command, under the guard that is asked for. */
import { Effect, Layer } from "effect"
import type { Guard } from "../adapters/postgres/transactional/guard.ts"
import { advisory } from "../adapters/postgres/transactional/guards/advisory.ts"
import { atomic } from "../adapters/postgres/transactional/guards/atomic.ts"
import { counted } from "../adapters/postgres/transactional/guards/counted.ts"
import { locked } from "../adapters/postgres/transactional/guards/locked.ts"
import { naive } from "../adapters/postgres/transactional/guards/naive.ts"
import { optimistic } from "../adapters/postgres/transactional/guards/optimistic.ts"
import { pessimistic } from "../adapters/postgres/transactional/guards/pessimistic.ts"
import { pessimisticUnordered } from "../adapters/postgres/transactional/guards/pessimistic-unordered.ts"
import { serializable } from "../adapters/postgres/transactional/guards/serializable.ts"
import { skipLocked } from "../adapters/postgres/transactional/guards/skip-locked.ts"
import * as TransactionalInventory from "../adapters/postgres/transactional/inventory.ts"
import * as Redis from "../adapters/redis/connection.ts"
import * as RedisLock from "../adapters/redis/guards/redis-lock.ts"
import * as RedisLua from "../adapters/redis/guards/redis-lua.ts"
import type { GuardName } from "../config/inventory.ts"

const inPostgres: Record<Exclude<GuardName, "redis-lock" | "redis-lua">, Guard> = {
  naive,
  optimistic,
  pessimistic,
  "pessimistic-unordered": pessimisticUnordered,
  atomic,
  advisory,
  serializable,
  "skip-locked": skipLocked,
}

/** `connections`: as many transactions at a time. */
export const layer = (name: GuardName, connections: number, redis: Redis.Options | null) =>
  name === "redis-lock" || name === "redis-lua"
    ? Layer.unwrap(Effect.map(inRedis(name, redis!), (guard) => TransactionalInventory.layer(guard, connections)))
    : TransactionalInventory.layer(inPostgres[name], connections)

/** `config` sees to it that these have a Redis. */
const inRedis = (name: "redis-lock" | "redis-lua", options: Redis.Options) =>
  Effect.map(Redis.make(options), (connection) =>
    name === "redis-lock"
      ? locked(RedisLock.make(connection, options.prefix))
      : counted(RedisLua.make(connection, options.prefix)),
  )
