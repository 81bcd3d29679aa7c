import { DATA_FOLDER } from './data-folder.ts';
import { pageAddress } from './page-address.ts';
import { SAMPLE_USERS } from './sample.ts';
import { signInOverHttp } from './sign-in-over-http.ts';

/**
 * `npm run --silent token -- maya@example.com`: prints an access token of a sample user's, for curl, from the provider
 * of this folder's running `npm start`. A second argument is the API's address of another one.
 */

const [email = '', asked] = process.argv.slice(2);
const origin = asked ?? (await pageAddress(DATA_FOLDER)) ?? 'http://127.0.0.1:8787';
const user = SAMPLE_USERS.find((each) => each.email === email);
if (user === undefined) {
  console.error(`Whose token? One of ${SAMPLE_USERS.map((each) => each.email).join(', ')}.`);
  process.exitCode = 2;
} else {
  try {
    const { issuer } = (await (await fetch(`${origin}/config`)).json()) as { issuer: string };
    const { access_token } = await signInOverHttp(issuer, user.id, origin);
    console.log(access_token);
  } catch (error) {
    console.error(`No token: is npm start running, with its page at ${origin}? ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
