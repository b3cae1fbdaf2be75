"""The plain page that answers at `/` until the web UI is there."""

HOME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TOMB, The Open Music Box</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem;
         color: #2b2b33; background: #fbf8f2 }
  h1 { font-size: 1.7rem; line-height: 1.25 }
  code { background: #efe9dc; padding: .1em .35em; border-radius: .3em }
  li { margin: .3rem 0 }
  @media (prefers-color-scheme: dark) { body { color: #e9e4da; background: #1f1e24 } code { background: #35333c }
         a { color: #9cc4ff } }
</style>
<h1>The Open Music Box is up.</h1>
<p>Put a tag on the box, and music plays.</p>
<ul>
  <li><a href="/api/health">How the box is</a>: <code>GET /api/health</code></li>
  <li><a href="/api/playlists">What it can play</a>: <code>GET /api/playlists</code></li>
  <li><a href="/api/player/status">What it plays now</a>: <code>GET /api/player/status</code></li>
</ul>
<p>Phones and programs talk to it under <code>/api/</code>; all of that is <a href="/api/docs">described here</a>.</p>
"""
