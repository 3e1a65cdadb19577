/**
 * The empty page around the script of a webview. Nothing of the workspace is ever written into it: data comes later, as a
 * message, and the script turns it into text nodes. The policy lets nothing load but our own script and style.
 */
import * as vscode from 'vscode';

/** Folder of the extension that webviews may load from. */
export function resourceFolder(extension: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(extension, 'dist');
}

/** The document of a webview. `title` is for screen readers. */
export function pageHtml(webview: vscode.Webview, extension: vscode.Uri, title: string): string {
  const nonce = crypto.randomUUID().replaceAll('-', '');
  const folder = resourceFolder(extension);
  const script = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'webview.js'));
  const style = webview.asWebviewUri(vscode.Uri.joinPath(folder, 'webview-style.css'));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(vscode.env.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeAttribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeAttribute(title)}</title>
<link rel="stylesheet" href="${escapeAttribute(style.toString())}">
</head>
<body>
<main id="page"></main>
<div id="status" role="status" class="hidden-text"></div>
<script nonce="${nonce}" src="${escapeAttribute(script.toString())}"></script>
</body>
</html>`;
}

function escapeAttribute(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
