import { secureHeaders } from 'hono/secure-headers';

/** For the API's answers. The page's own policy, which must allow scripts, is in serve-page.ts. */
export const securityHeaders = () =>
  secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
  });
