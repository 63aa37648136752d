from http.server import BaseHTTPRequestHandler, HTTPServer

from vietnam_tourism import NotSigned, verify_webhook

SECRET = "whsec_your_secret"  # as it stood in the answer to your call, or as you sent it


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(
            int(self.headers["Content-Length"])
        )  # as it came: what is parsed is no longer signed
        try:
            message = verify_webhook(body, self.headers, SECRET)
        except NotSigned:
            self.send_response(400)
        else:
            print(
                message.type, message.data["url"]
            )  # the same thing may be told twice: then message.id is the same
            self.send_response(204)  # 200 to 299 says that you heard; else it is told again
        self.end_headers()


HTTPServer(("", 8080), Receiver).serve_forever()
