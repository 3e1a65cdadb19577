/** What the tool says of itself. */
export const TOOL_NAME = 'Shipworthy';
export const TOOL_VERSION = '0.1.0';
export const TOOL_URI = 'https://github.com/shipworthy/shipworthy';
