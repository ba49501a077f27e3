/** `jaego doctor`: which checks belong to the deployment that the environment describes. */
import { Effect } from "effect"
import * as DataFolder from "../adapters/embedded-postgres/data-folder.ts"
import * as EmbeddedPostgres from "../adapters/embedded-postgres/server.ts"
import * as Kafka from "../adapters/kafka/checkup.ts"
import * as Postgres from "../adapters/postgres/checkup.ts"
import * as PostgresClient from "../adapters/postgres/client.ts"
import * as Suitability from "../adapters/postgres/suitability.ts"
import * as Redis from "../adapters/redis/checkup.ts"
import * as System from "../adapters/system/checkup.ts"
import type { Config } from "../config/config.ts"
import type { Env } from "../config/knob.ts"
import type { Finding } from "../ports/finding.ts"
import { isLoopback } from "../std/loopback.ts"

const green = (name: string, found: string): Finding => ({ name, verdict: "green", found, remedy: null })

const refused = (name: string, found: string, remedy: string): Finding => ({ name, verdict: "red", found, remedy })

const REACH = "look at DATABASE_URL and at the server; without it nothing is sold"

const OWN_SESSIONS = "name PostgreSQL itself in DATABASE_URL: the lease and the fence need sessions that are our own"

/** Why it cannot be used, under the name of what is wrong. */
const unusable = (message: string, why: string): ReadonlyArray<Finding> => [
  Suitability.isPooler(message)
    ? refused("postgres-pooler", "a pooler in transaction mode: its sessions keep no settings", OWN_SESSIONS)
    : refused("postgres", message, REACH),
  ...Postgres.unreachable(why),
]

/** The connection, whether there is room for all that the service opens, and what the server says of itself. */
const database = (config: Config, url: string): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.gen(function* () {
    const room = yield* Suitability.hasRoom(config.database.connections.all).pipe(
      Effect.as(green("postgres-connections", `room for the ${config.database.connections.all} that may be opened`)),
      Effect.catch(({ message }) =>
        Effect.succeed(
          refused("postgres-connections", message, "raise max_connections, or lower DATABASE_CONNECTIONS or WORKERS"),
        ),
      ),
    )
    const pooler = green("postgres-pooler", "sessions keep their settings")
    return [green("postgres", "answers"), pooler, room, ...(yield* Postgres.checkup)]
  }).pipe(
    Effect.provide(PostgresClient.layer(url)),
    Effect.catch(({ message }) => Effect.succeed(unusable(message, "the database cannot be used"))),
  )

const books = (config: Config): Effect.Effect<ReadonlyArray<Finding>> => {
  const { home, store, url } = config.database
  if (store === "memory")
    return Effect.succeed([
      {
        name: "postgres",
        verdict: "red",
        found: "STORE=memory: everything is forgotten at exit",
        remedy: "leave STORE out where orders matter",
      },
    ])
  if (url !== null) return database(config, url)
  if (!DataFolder.exists(home)) {
    const found = `an embedded one, which is made under ${home} at the first start`
    return Effect.succeed([green("postgres", found), ...Postgres.unreachable("it is not made yet")])
  }
  return EmbeddedPostgres.open(home).pipe(
    Effect.flatMap((embedded) => database(config, embedded.url)),
    Effect.scoped,
    Effect.catch(({ message }) => Effect.succeed(unusable(message, "it does not run"))),
  )
}

const left = (name: string, knob: string): Finding => ({
  name,
  verdict: "unknown",
  found: `not in use (${knob} is not set)`,
  remedy: null,
})

const place = ({ database, http, shipping }: Config, env: Env): System.Place => ({
  ...http.address,
  connectionsMax: http.server.connectionsMax,
  home: database.store === "postgres" && database.url === null ? database.home : null,
  hosts: http.server.hosts,
  isLimited: http.server.limits.client !== null && http.server.limits.customer !== null,
  isLocal: isLoopback(http.address.host),
  secretFiles: Object.entries(env).flatMap(([name, file]) =>
    name.endsWith("_FILE") && file !== undefined && /^(DATABASE|REDIS|CARRIER|PAYMENT|STRIPE)_/.test(name)
      ? [[name, file] as const]
      : [],
  ),
  signing: shipping.webhookSecret === null ? [] : [["CARRIER_WEBHOOK_SECRET", shipping.webhookSecret]],
})

export const checkup = (config: Config, env: Env): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.all([
    System.checkup(place(config, env)),
    books(config),
    config.events.kafka === null
      ? Effect.succeed([left("kafka", "KAFKA_BROKERS")])
      : Kafka.checkup(config.events.kafka),
    config.cache.redis === null ? Effect.succeed([left("redis", "REDIS_URL")]) : Redis.checkup(config.cache.redis),
  ]).pipe(Effect.map((parts) => parts.flat()))
