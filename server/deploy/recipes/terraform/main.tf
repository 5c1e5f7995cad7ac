# A key of Keyward with Terraform or OpenTofu. There is no provider: a resource of Terraform's own runs a plain script, so that
# nothing has to be downloaded, and no token is ever in the state or in a plan.
#
#   export KEYWARD_API_KEY=kw_…        a key with keyward.keys.read and keyward.keys.write
#   terraform apply -var url=https://keys.example.com
#
# The token of a new key goes to a file, mode 600, which a later step reads and removes. A change of what the key is makes a new
# key and archives the old one; destroying the resource archives it.

variable "url" {
  description = "The address of Keyward."
  type        = string
}

locals {
  key = {
    name    = "Lobby kiosk"
    owner   = "Front desk"
    scopes  = ["bookings.read"]
    expires = "90d"
  }
}

resource "terraform_data" "kiosk_key" {
  input = {
    url    = var.url
    script = "${path.module}/key.py"
    file   = "${path.module}/kiosk"
  }
  triggers_replace = [var.url, local.key]

  provisioner "local-exec" {
    command     = "python3 ${self.input.script} create ${self.input.file}"
    environment = { KEYWARD_URL = self.input.url, KEYWARD_KEY_SPEC = jsonencode(local.key) }
  }

  provisioner "local-exec" {
    when        = destroy
    command     = "python3 ${self.input.script} archive ${self.input.file}"
    environment = { KEYWARD_URL = self.input.url }
  }
}
