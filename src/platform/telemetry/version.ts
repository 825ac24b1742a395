/** Of the software; the API that it serves has a version of its own. */
export const VERSION = '0.1.0';
export const API_VERSION = '2.5';
