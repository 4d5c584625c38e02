import base64
import subprocess

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import render


@login_required
def thumbnail(request, name):
    done = subprocess.run(["convert", f"/srv/media/{name}", "-resize", "200x", "png:-"], capture_output=True, check=True)
    return JsonResponse({"image": base64.b64encode(done.stdout).decode()})


def index(request):
    return render(request, "index.html", {"user": request.user})
