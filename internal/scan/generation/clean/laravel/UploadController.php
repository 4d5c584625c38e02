<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use Illuminate\Support\Facades\Storage;
use Symfony\Component\Process\Process;

class UploadController extends Controller
{
    public function store(Request $request)
    {
        $request->validate(['photo' => 'required|image|max:2048']);
        $path = $request->file('photo')->store('photos', 'public');
        $process = new Process(['convert', Storage::path($path), '-resize', '800x', Storage::path('small/'.$path)]);
        $process->mustRun();

        return response()->json(['url' => Storage::url('small/'.$path)]);
    }
}
