/** Checks of the machine or container that the service runs in. */
import { readFileSync, statfsSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { availableParallelism, totalmem } from "node:os"
import { dirname } from "node:path"
import { Effect } from "effect"
import { type Check, type Finding, findings } from "../../ports/finding.ts"

export interface Place {
  readonly host: string
  readonly port: number
  readonly connectionsMax: number
  /** The folder of the embedded database; null: the database is elsewhere. */
  readonly home: string | null
  /** Names that the service may be asked by, beside its own. */
  readonly hosts: ReadonlyArray<string>
  readonly isLimited: boolean
  readonly isLocal: boolean
  /** Variables that name files with secrets, and the files. */
  readonly secretFiles: ReadonlyArray<readonly [name: string, file: string]>
  /** Secrets that sign something, by the name of their variable. */
  readonly signing: ReadonlyArray<readonly [name: string, secret: string]>
}

interface Seen extends Place {
  readonly memory: number
  /** Files that the process may have open; null: it cannot be known. */
  readonly files: number | null
  /** Free on the disk of the home (bytes); null: it cannot be known. */
  readonly free: number | null
  readonly portIs: "free" | "jaego" | "taken"
  readonly shown: ReadonlyArray<string>
}

const MIB = 1_048_576

/** The version that this build is tried with. */
const NODE_MAJOR = 26

/** Least memory with an embedded database and without, MiB (docs/operating.md). */
const MEMORY_MIB = { embedded: 512, external: 384 }

/** Files beside connections: the database, Kafka, the threads. */
const FILES_BESIDE = 256

/** Least length of a secret that signs (bytes): as long as what it makes. */
const SECRET_BYTES = 32

const DISK_MIB = { yellow: 2_048, red: 256 }

const CHECKS: ReadonlyArray<Check<Seen>> = [
  {
    name: "node",
    judge: () => [
      Number.parseInt(process.versions.node, 10) === NODE_MAJOR ? "green" : "yellow",
      `Node ${process.versions.node}`,
    ],
    remedy: "run it by `npm start` or `npx jaego`, which bring the pinned Node along",
  },
  {
    name: "memory",
    judge: ({ home, memory }) => {
      const least = home === null ? MEMORY_MIB.external : MEMORY_MIB.embedded
      return [memory < least * MIB ? "red" : "green", `${Math.round(memory / MIB)} MiB, at least ${least} are needed`]
    },
    remedy: "give the container more memory: it is killed under load",
  },
  {
    name: "processors",
    judge: () => [availableParallelism() < 2 ? "yellow" : "green", `${availableParallelism()} processors`],
    remedy: "two or more: with one, deciding, HTTP and the database take turns",
  },
  {
    name: "open-files",
    judge: ({ connectionsMax, files }) => [
      files === null ? "unknown" : files < connectionsMax + FILES_BESIDE ? "red" : "green",
      files === null
        ? "cannot be known here"
        : `${files} may be open, MAX_CONNECTIONS=${connectionsMax} may need ${connectionsMax + FILES_BESIDE}`,
    ],
    remedy: "raise the limit (ulimit -n), or lower MAX_CONNECTIONS",
  },
  {
    name: "disk",
    judge: ({ free, home }) => {
      if (home === null || free === null) return ["unknown", "the database's disk is elsewhere: watch it there"]
      const mib = free / MIB
      const verdict = mib < DISK_MIB.red ? "red" : mib < DISK_MIB.yellow ? "yellow" : "green"
      return [verdict, `${Math.round(mib)} MiB are free below ${home}`]
    },
    remedy: "make room: when the disk is full nothing is sold",
  },
  {
    name: "port",
    judge: ({ host, port, portIs }) => [
      portIs === "taken" ? "red" : "green",
      portIs === "jaego" ? `a Jaego serves on ${host}:${port}` : `${host}:${port} is ${portIs}`,
    ],
    remedy: "another program listens there: end it, or set PORT",
  },
  {
    name: "allowed-hosts",
    judge: ({ hosts, isLocal }) => [
      isLocal || hosts.length > 0 ? "green" : "yellow",
      hosts.length > 0 ? hosts.join(", ") : isLocal ? "the loopback's names" : "none",
    ],
    remedy: "set ALLOWED_HOSTS to the names the service is asked by: others are refused with 421",
  },
  {
    name: "rate-limits",
    judge: ({ isLimited, isLocal }) => [isLimited || isLocal ? "green" : "yellow", isLimited ? "on" : "off"],
    remedy: "leave RATE_LIMIT_CLIENT and RATE_LIMIT_CUSTOMER at their defaults: one client can take all there is",
  },
  {
    name: "secrets",
    judge: ({ signing }) => {
      const short = signing.filter(([, secret]) => Buffer.byteLength(secret) < SECRET_BYTES).map(([name]) => name)
      return [
        short.length > 0 ? "red" : "green",
        short.length > 0
          ? `${short.join(", ")}: shorter than ${SECRET_BYTES} bytes`
          : `${signing.length} that sign, long enough`,
      ]
    },
    remedy: "make one with `openssl rand -hex 32`: a short one is guessed, and callbacks are forged",
  },
  {
    name: "secret-files",
    judge: ({ secretFiles, shown }) => [
      shown.length > 0 ? "yellow" : "green",
      shown.length > 0 ? `${shown.join(", ")}: every user of the machine may read it` : `${secretFiles.length} files`,
    ],
    remedy: "chmod 600",
  },
]

const limitOfFiles = (): number | null => {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? []
    return soft === "unlimited" ? Number.POSITIVE_INFINITY : soft === undefined ? null : Number(soft)
  } catch {
    return null
  }
}

/** Of the nearest folder that is there. */
const freeBelow = (folder: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return dirname(folder) === folder ? null : freeBelow(dirname(folder))
  }
}

const isShown = (file: string): boolean => {
  try {
    return (statSync(file).mode & 0o004) !== 0
  } catch {
    return false
  }
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })

const LOOK_MS = 2_000

const isJaego = async (host: string, port: number): Promise<boolean> => {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host.includes(":") ? `[${host}]` : host
  try {
    const answer = await fetch(`http://${name}:${port}/openapi.json`, { signal: AbortSignal.timeout(LOOK_MS) })
    const document = (await answer.json()) as { readonly info?: { readonly title?: string } }
    return document.info?.title === "Jaego"
  } catch {
    return false
  }
}

export const checkup = (place: Place): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.promise(async () => {
    const { home, host, port, secretFiles } = place
    const free = await isFree(host, port)
    return findings(CHECKS, {
      ...place,
      memory: Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
      files: limitOfFiles(),
      free: home === null ? null : freeBelow(home),
      portIs: free ? "free" : (await isJaego(host, port)) ? "jaego" : "taken",
      shown: secretFiles.filter(([, file]) => isShown(file)).map(([name]) => name),
    })
  })
