/**
 * The console (`/console`): one page for people on call, with its style and its script in it. What it shows it asks of
 * `/v1/admin/console`, and of the API.
 *
 * Law: it loads nothing from anywhere, and its content security policy says so. Its files are read when it is asked for first.
 */
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"

const file = (name: string): string => readFileSync(new URL(`./console/${name}`, import.meta.url), "utf8")

const sha = (text: string): string => `'sha256-${hash("sha256", text, "base64")}'`

export interface Page {
  readonly html: string
  readonly headers: Readonly<Record<string, string>>
}

export const page = (): Page => {
  const style = file("style.css")
  const script = file("script.js")
  const policy = [
    "default-src 'none'",
    `style-src ${sha(style)}`,
    `script-src ${sha(script)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jaego</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>
${file("index.html")}<script>${script}</script>
</body>
</html>
`,
    headers: { "content-security-policy": `${policy.join("; ")}; img-src data:`, "referrer-policy": "no-referrer" },
  }
}
