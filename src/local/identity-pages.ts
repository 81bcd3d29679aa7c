import { html, raw } from 'hono/html';

/** One of the people who may sign in on a developer's machine. */
export interface LocalUser {
  /** The user's UUID: the `sub` of their tokens. */
  readonly id: string;
  readonly email: string;
  readonly name?: string;
  /** Gets the scope `operator`, which opens the operator's screens. */
  readonly is_operator?: boolean;
}

const STYLE = raw(`
:root { color-scheme: light dark; --paper: #f7f6f2; --card: #fff; --ink: #1d1c19; --soft: #65625a; --line: #dedbd2; --accent: #1c6b50; }
@media (prefers-color-scheme: dark) { :root { --paper: #141412; --card: #1d1d1a; --ink: #eceae4; --soft: #a19d93; --line: #33322d; --accent: #72cba7; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 400px; }
h1 { margin: 0 0 4px; font: 600 28px/1.2 "Iowan Old Style", Palatino, Georgia, serif; }
p { margin: 0 0 24px; color: var(--soft); }
form { display: grid; gap: 8px; }
button { display: flex; align-items: center; gap: 12px; width: 100%; padding: 12px 16px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); color: inherit; font: inherit; text-align: left; cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.initial { flex: none; display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: var(--accent); color: var(--card); font-weight: 600; }
.who { display: grid; min-width: 0; overflow-wrap: anywhere; }
small { color: var(--soft); font-size: 14px; }
h2 { margin: 16px 0 0; color: var(--soft); font-size: 14px; font-weight: 400; }
.note { margin: 24px 0 0; padding-top: 16px; border-top: 1px solid var(--line); font-size: 14px; }
`);

/** The sign-in page: the sample's users as buttons, each of which posts its `user_id` to the page's own address. */
export async function signInPage(users: readonly LocalUser[]): Promise<string> {
  const people = users.filter((user) => user.is_operator !== true);
  const operators = users.filter((user) => user.is_operator === true);
  return page(
    'Sign in to Annals',
    html`<p>Who are you today?</p>
      <form method="post">
        ${people.map(userButton)}
        ${operators.length === 0 ? '' : html`<h2>Or look after the service: imports, refreshes, latencies</h2>`}
        ${operators.map(userButton)}
      </form>
      <p class="note">This is a provider for developers: it runs on this machine only, and asks for no password.</p>`,
  );
}

function userButton({ id, email, name }: LocalUser) {
  return html`<button name="user_id" value="${id}">
    <span class="initial" aria-hidden="true">${(name ?? email).slice(0, 1).toUpperCase()}</span>
    <span class="who">${name === undefined ? '' : html`<span>${name}</span>`}<small>${email}</small></span>
  </button>`;
}

/** The sign-out page: submits the provider's own form at once, and offers a button where scripts are off. */
export async function signOutPage(form: string): Promise<string> {
  return page(
    'Signing out',
    html`${raw(form)}
      <button form="op.logoutForm" name="logout" value="yes">Sign out</button>
      <script>
        document.querySelector('button').click();
      </script>`,
  );
}

export async function messagePage(title: string, text: string): Promise<string> {
  return page(title, html`<p>${text}</p>`);
}

async function page(title: string, body: unknown): Promise<string> {
  return String(
    await html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title}</title>
          <style>
            ${STYLE}
          </style>
        </head>
        <body>
          <main>
            <h1>${title}</h1>
            ${body}
          </main>
        </body>
      </html>`,
  );
}
