"""A real proxy for one test: nginx or HAProxy, in the foreground, on a port of the system's choice, ended with the test.

Used by the `*_test.py` files beside this one; the programs are named by TIELINE_NGINX and TIELINE_HAPROXY.
"""

import asyncio
import contextlib
import os
import socket

from gateway import PATIENCE, GatewayTest

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://{to};
            {lines}
        }}
    }}
}}
"""

HAPROXY = """
global
    maxconn 256
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen through
    bind 127.0.0.1:{port}
    server gateway {to} {lines}
"""

# What docs/running.md says has to stand there.
WEBSOCKETS = """
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
"""


class ProxyTest(GatewayTest):
    """A test with a gateway and proxies in front of it."""

    async def nginx(self, to, lines=WEBSOCKETS):
        """Where an nginx listens that hands everything on to the address `to`."""
        return await self.started(NGINX, to, lines, lambda path: (os.environ["TIELINE_NGINX"], "-e", "stderr", "-c", path))

    async def haproxy(self, to, lines):
        """The same with HAProxy."""
        return await self.started(HAPROXY, to, lines, lambda path: (os.environ["TIELINE_HAPROXY"], "-db", "-f", path))

    async def started(self, text, to, lines, command):
        folder = self.gateway.folder
        # Somebody else may take the port before the proxy does: then it ends at once, and another is tried.
        for attempt in range(5):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            path = folder / f"proxy-{port}.conf"
            path.write_text(text.format(folder=folder, port=port, to=to, lines=lines))
            process = await asyncio.create_subprocess_exec(
                *command(str(path)), stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            )
            if await self.listens(process, port):
                self.addAsyncCleanup(self.ended, process)
                return f"127.0.0.1:{port}"
        self.fail(f"the proxy does not start: {(await process.stderr.read()).decode()}")

    async def listens(self, process, port):
        async with asyncio.timeout(PATIENCE):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return True
                await asyncio.sleep(0.02)
        return False

    async def ended(self, process):
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.communicate()
