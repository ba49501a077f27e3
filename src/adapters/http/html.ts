/**
 * Pages for people: plain HTML. One has a script (`console-page.ts`), which asks nothing but this service.
 *
 * Law: a page loads nothing from anywhere, and its content security policy says so; style and script stand in it.
 */
import { hash } from "node:crypto"

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:54rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}" +
  "h1,h2,h3{line-height:1.25}section{border-top:1px solid #d0d7de;margin-top:1.5rem}a{color:#0b57a4}" +
  "code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f4f6f8;padding:.75rem;overflow:auto}" +
  "table{border-collapse:collapse}td,th{padding:.15rem .75rem .15rem 0;text-align:left;vertical-align:top}" +
  "@media(prefers-color-scheme:dark){body{color:#d7dde4;background:#14181d}a{color:#7ab7ff}pre{background:#1e242b}section{border-color:#343c46}}"

export interface Document {
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Parts {
  readonly style: string
  /** HTML. */
  readonly body: string
  readonly script?: string
}

const sha = (text: string): string => `'sha256-${hash("sha256", text, "base64")}'`

/** A page with what it needs in it. One with a script may ask this service, and has an empty picture, so that it asks for none. */
export const document = (title: string, { body, script, style }: Parts): Document => {
  const asking = script === undefined ? [] : [`script-src ${sha(script)}`, "connect-src 'self'", "img-src data:"]
  const policy = ["default-src 'none'", `style-src ${sha(style)}`, ...asking]
  const icon = script === undefined ? "" : `<link rel="icon" href="data:,">`
  return {
    text: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>${icon}<style>${style}</style></head>
<body>
${body}${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`,
    headers: {
      "content-security-policy": [...policy, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"].join(
        "; ",
      ),
      "referrer-policy": "no-referrer",
    },
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}

/** As text, also inside an attribute. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)

/** Text with `code` between backticks and [links](/like-this) to this service's own pages. */
export const rich = (text: string): string =>
  escaped(text)
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\[([^\]]+)\]\((\/[\w./-]*)\)/g, '<a href="$2">$1</a>')

/** In the style of all that has no script. `body` is HTML. */
export const page = (title: string, body: string): Document => document(title, { style: STYLE, body })
